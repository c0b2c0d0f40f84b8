// Keeps what is typed: on the server at each pause, and in this browser when the
// server cannot be reached. Nothing typed may be lost at a closing.

const pause = 800; // milliseconds without a key before a save
const store = "ecluse-draft:";
const forms = new Map();

// keep watches one form.
export function keep(form) {
  const draft = { form, timer: 0, dirty: false, saving: null };
  forms.set(form, draft);
  offerFound(draft);
  form.addEventListener("input", (e) => touched(draft, e.target));
  form.addEventListener("change", (e) => touched(draft, e.target));
  form.addEventListener("submit", () => sent(draft));
  addEventListener("pagehide", () => leave(draft));
}

// flush saves what has not been saved yet, and ends when it is done.
export async function flush() {
  await Promise.all([...forms.values()].filter((d) => d.dirty).map(save));
}

// forget removes every text kept in this browser.
export function forget() {
  for (const key of Object.keys(localStorage)) {
    if (key.startsWith(store)) localStorage.removeItem(key);
  }
}

function touched(draft, control) {
  if (control.name === "" || control.name === "q") return;
  draft.dirty = true;
  clearTimeout(draft.timer);
  draft.timer = setTimeout(() => save(draft), pause);
}

// save posts the form. One save runs at a time, because each must carry the
// version that the one before received.
function save(draft) {
  clearTimeout(draft.timer);
  draft.saving = (draft.saving ?? Promise.resolve()).then(() => post(draft));
  return draft.saving;
}

async function post(draft) {
  if (!draft.dirty) return;
  draft.dirty = false;
  try {
    const response = await fetch(draft.form.dataset.draftUrl, { method: "POST", body: fields(draft.form), headers: { Accept: "application/json" } });
    if (response.status === 409) return keepHere(draft, "conflict");
    if (!response.ok) throw new Error(response.status);
    saved(draft, await response.json());
  } catch {
    draft.dirty = true; // the next key tries again
    keepHere(draft, "local");
  }
}

// fields is the form as the browser itself would post it.
function fields(form) {
  return new URLSearchParams(new FormData(form));
}

// saved notes the draft's number and version, and puts the draft in the address,
// so that a reload brings the text back.
function saved({ form, dirty }, { id, version, saved: at }) {
  if (!dirty) localStorage.removeItem(key(form)); // under the number it had so far
  form.elements.draft.value = id;
  form.elements.version.value = version;
  const address = new URL(location.href);
  if (address.searchParams.get("draft") !== String(id)) {
    address.searchParams.set("draft", id);
    history.replaceState(history.state, "", address);
  }
  status(form, `${form.dataset.wordsSaved} ${at}`);
}

function status(form, text) {
  const line = form.querySelector("[data-saved]");
  if (line) line.textContent = text;
}

// key names a draft in this browser: by the member's own address for drafts, the
// thread it answers, and its number.
function key(form) {
  const thread = form.elements.thread?.value ?? "";
  return `${store}${form.dataset.draftUrl}:${thread}:${form.elements.draft.value}`;
}

// keepHere is the last resort: the text stays in this browser.
function keepHere({ form }, why) {
  const text = { subject: form.elements.subject?.value ?? "", body: form.elements.body.value };
  try {
    localStorage.setItem(key(form), JSON.stringify(text));
    status(form, form.dataset[why === "conflict" ? "wordsConflict" : "wordsLocal"]);
  } catch {
    // no room in this browser either: the text is still on the page
  }
}

// sent trusts the server with the text: what it refuses comes back on the page.
function sent(draft) {
  clearTimeout(draft.timer);
  draft.dirty = false;
  localStorage.removeItem(key(draft.form));
}

// leave is the last chance when the page goes away; keepalive outlives it.
function leave(draft) {
  if (!draft.dirty) return;
  keepHere(draft, "local");
  fetch(draft.form.dataset.draftUrl, { method: "POST", body: fields(draft.form), keepalive: true }).catch(() => {});
}

// offerFound shows a text of this browser that the server does not have.
function offerFound({ form }) {
  const found = read(key(form));
  if (!found || found.body === form.elements.body.value) return;
  const box = document.createElement("p");
  box.className = "kept";
  box.setAttribute("role", "status");
  const button = document.createElement("button");
  button.type = "button";
  button.className = "link";
  button.textContent = form.dataset.wordsRestore;
  button.addEventListener("click", () => restore(form, found, box));
  box.append(`${form.dataset.wordsFound} `, button);
  form.prepend(box);
}

function read(name) {
  try {
    return JSON.parse(localStorage.getItem(name));
  } catch {
    return null;
  }
}

function restore(form, found, box) {
  form.elements.body.value = found.body;
  if (form.elements.subject) form.elements.subject.value = found.subject;
  box.remove();
  form.elements.body.focus();
  form.elements.body.dispatchEvent(new Event("input", { bubbles: true }));
}
