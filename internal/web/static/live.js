// Keeps a page true while it is open. The server decides and tells; the clock of
// this browser is never asked what time it is, it only measures how long to wait.
import { flush } from "./draft.js";

const gates = { open: "gate-open", soon: "gate-closing", reply: "gate-closing" };
const { liveUrl, stateUrl, noticeUrl } = document.body.dataset;

let source = null;
let failures = 0; // streams that ended in a row without a word
let closed = document.querySelector("[data-notice]") !== null;

// watch listens to the page's events, or asks for the reopening if the page is
// the notice already.
export function watch() {
  if (closed) return poll(0);
  source = new EventSource(liveUrl);
  source.addEventListener("open", () => (failures = 0));
  source.addEventListener("state", (e) => showState(JSON.parse(e.data)));
  source.addEventListener("elsewhere", (e) => showElsewhere(JSON.parse(e.data)));
  source.addEventListener("news", (e) => showNews(JSON.parse(e.data).text));
  source.addEventListener("closed", becomeNotice);
  source.addEventListener("error", cut);
}

// showState changes the one line that says until when it is open.
function showState({ line, detail, kind, urgent = false, announce = false }) {
  const box = document.getElementById("state");
  if (!box) return;
  box.className = `state is-${kind}${urgent ? " urgent" : ""}`;
  box.querySelector("[data-line]").textContent = line;
  if (detail !== undefined) box.querySelector("[data-detail]").textContent = detail;
  box.querySelector("use").setAttribute("href", `#${gates[kind] ?? "gate-closed"}`);
  if (announce) say(line);
}

// showElsewhere changes the lines of the reader's other places.
function showElsewhere(lines) {
  for (const [member, line] of Object.entries(lines)) {
    const span = document.querySelector(`[data-place="${member}"]`);
    if (span) span.textContent = line;
  }
}

// say lets a screen reader speak a sentence once.
function say(sentence) {
  const said = document.getElementById("said");
  if (said) said.textContent = sentence;
}

// showNews offers what arrived. It moves nothing that is being read or typed.
function showNews(text) {
  const box = document.getElementById("news");
  if (!box) return;
  const link = box.querySelector("a");
  link.textContent = text;
  box.hidden = false;
  say(text);
}

// cut is what happens when the stream ends without a word: the state is asked
// for, and the stream taken up again if it is still open.
function cut() {
  source?.close();
  if (!closed) poll(0);
}

// becomeNotice turns the page into the notice: first what is being typed is
// kept, then <main> alone is replaced.
async function becomeNotice(event) {
  if (closed) return;
  closed = true;
  source?.close();
  if (!noticeUrl) return stay(event);
  await flush();
  try {
    const answer = await fetch(noticeAddress(), { headers: { Accept: "text/html" } });
    if (!answer.ok) throw new Error(answer.status);
    showNotice(await answer.text());
  } catch {
    // Without network what is on the page stays readable; nothing typed is lost.
  }
  poll(0);
}

// stay is what a page does that no order closes: only its line changes.
function stay(event) {
  if (event?.data) showState(JSON.parse(event.data));
}

// noticeAddress names the draft that was open, so that the notice can say it is
// kept.
function noticeAddress() {
  const address = new URL(noticeUrl, location.href);
  address.searchParams.set("fragment", "1");
  const draft = document.querySelector("form[data-draft-url] [name=draft]")?.value;
  if (draft && draft !== "0") address.searchParams.set("draft", draft);
  return address;
}

// showNotice puts the fragment in place and the focus on its heading.
function showNotice(html) {
  const main = document.getElementById("main");
  main.innerHTML = html;
  document.getElementById("news")?.setAttribute("hidden", "");
  document.title = main.querySelector("[data-title]")?.dataset.title ?? "Écluse";
  const heading = main.querySelector("h1")?.textContent ?? "";
  showState({ line: heading, detail: "", kind: "closed" });
  for (const link of document.querySelectorAll(".bar .write, .bar .count")) link.remove();
  main.querySelector("h1")?.focus();
}

// poll asks how things stand, waits as long as the server says, and asks again.
// The server spreads these waits, so that not everybody returns at once.
async function poll(wait) {
  await new Promise((done) => setTimeout(done, wait));
  let answer = { open: !closed, wait: 30_000 + Math.random() * 15_000, unsure: true };
  try {
    const response = await fetch(stateUrl, { headers: { Accept: "application/json" }, cache: "no-store" });
    if (response.status === 401) return comeBack(); // the session has ended: sign in, then on from here
    if (response.ok) answer = await response.json();
  } catch {
    // no network: ask again later
  }
  next(answer);
}

// next acts on an answer: {open, wait} in milliseconds. unsure means that none came.
function next({ open, wait, unsure = false }) {
  if (unsure) return poll(wait);
  if (!open && !closed) return becomeNotice();
  if (!open) return poll(wait);
  if (closed) return comeBack();
  if (liveUrl) setTimeout(watch, Math.max(wait, patience()));
}

// comeBack opens the page again: the draft that the notice keeps, or the page's
// own address, asked for anew so that no form is ever sent twice.
function comeBack() {
  const kept = document.querySelector("[data-notice]")?.dataset.return;
  location.replace(kept || location.pathname + location.search);
}

// patience grows with each stream that failed, up to half a minute, and differs
// from browser to browser, so that a server in trouble is not pressed.
function patience() {
  failures = Math.min(failures + 1, 6);
  return 2 ** failures * (250 + Math.random() * 250);
}
