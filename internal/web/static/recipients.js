// Turns the checkboxes of the recipients into the combobox of the ARIA Authoring
// Practices Guide (editable, list autocomplete) with removable chips and a tally.
// The checkboxes stay in the form and remain what is posted: this only shows them
// in another way.

const most = 40; // options shown at once; typing narrows them

// choose takes over a fieldset of recipients.
export function choose(fieldset) {
  const words = fieldset.dataset;
  const options = [...fieldset.querySelectorAll("input[name=to]")].map(optionOf);
  const ui = build(fieldset, words);
  const view = { fieldset, words, options, ui, shown: [], active: -1 };
  listen(view);
  refresh(view);
}

// optionOf reads one checkbox and its label.
function optionOf(box, i) {
  const label = box.closest("label");
  const name = label.querySelector("[data-name]").textContent.trim();
  const detail = label.querySelector("[data-detail]").textContent.trim();
  const group = box.closest("details").querySelector("summary span").textContent.trim();
  // A child and a parent may share a name: the heading tells them apart.
  const hint = box.value.startsWith("m") ? [group, detail].filter(Boolean).join(", ") : detail;
  return { box, id: `to-option-${i}`, name, detail, hint, group, folded: fold(`${name} ${detail} ${group}`),
    count: Number(box.dataset.count), later: box.dataset.later ?? "" };
}

// fold makes "Élève" and "eleve" the same.
function fold(text) {
  return text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();
}

function element(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  node.append(...children);
  return node;
}

// build hides the checkboxes and puts the combobox in their place. The search
// box that was there becomes it, so that its label stays.
function build(fieldset, words) {
  const input = fieldset.querySelector("input[type=search]");
  input.type = "text";
  input.removeAttribute("name");
  const legend = fieldset.querySelector("legend").textContent;
  const list = element("div", { role: "listbox", id: "to-list", "aria-label": legend, "aria-multiselectable": "true" });
  list.hidden = true;
  const ui = {
    input, list,
    chips: element("ul", { class: "chips", "aria-label": words.wordsChosen }),
    tally: element("p", { class: "tally", role: "status", id: "to-tally" }),
    found: element("p", { class: "visually-hidden", role: "status" }),
  };
  for (const [name, value] of Object.entries({ role: "combobox", "aria-autocomplete": "list",
    "aria-expanded": "false", "aria-controls": "to-list", "aria-describedby": "to-tally" })) input.setAttribute(name, value);
  const combo = element("div", { class: "combo" });
  const together = input.closest(".together");
  together.before(combo);
  combo.append(input, list);
  together.hidden = true;
  neverSendByEnter(fieldset.closest("form"), together.querySelector("button"));
  fieldset.querySelector(".find").before(ui.chips);
  fieldset.querySelector(".find").after(ui.tally, ui.found);
  for (const group of fieldset.querySelectorAll("details.group")) group.hidden = true;
  return ui;
}

// neverSendByEnter lets Enter in a line of the form do nothing. Browsers press a
// form's first button then; that is the search button, hidden by now, and a
// message half written must not leave.
function neverSendByEnter(form, find) {
  form.addEventListener("submit", (e) => {
    if (e.submitter !== find) return;
    e.preventDefault();
    e.stopImmediatePropagation();
  }, { capture: true });
}

function listen(view) {
  const { input, list, chips } = view.ui;
  input.addEventListener("input", () => open(view));
  input.addEventListener("click", () => open(view));
  input.addEventListener("keydown", (e) => key(view, e));
  input.addEventListener("blur", () => close(view));
  list.addEventListener("mousedown", (e) => e.preventDefault()); // keeps the focus in the box
  list.addEventListener("click", (e) => {
    const node = e.target.closest("[role=option]");
    if (node) toggle(view, view.shown.find((o) => o.id === node.id));
  });
  chips.addEventListener("click", (e) => removed(view, e.target.closest("button")));
}

// open shows the options that match what is typed.
function open(view) {
  const wanted = fold(view.ui.input.value).split(/\s+/).filter(Boolean);
  const all = view.options.filter((o) => wanted.every((w) => o.folded.includes(w)));
  view.shown = all.slice(0, most);
  view.active = wanted.length && view.shown.length ? 0 : -1;
  view.ui.list.hidden = false;
  view.ui.input.setAttribute("aria-expanded", "true");
  view.ui.found.textContent = countWords(view.words, all.length, "Found");
  draw(view);
}

function close(view) {
  view.ui.list.hidden = true;
  view.ui.input.setAttribute("aria-expanded", "false");
  view.ui.input.removeAttribute("aria-activedescendant");
  view.active = -1;
}

// draw fills the list; an option is told by its name, its detail and its check.
function draw(view) {
  const nodes = view.shown.map((o, i) => {
    const node = element("div", { role: "option", id: o.id, "aria-selected": String(o.box.checked) },
      element("span", {}, o.name), element("span", { class: "hint" }, o.hint));
    node.classList.toggle("active", i === view.active);
    return node;
  });
  if (!nodes.length) nodes.push(element("div", { role: "option", "aria-disabled": "true", class: "unmatched" }, view.words.wordsUnmatched));
  view.ui.list.replaceChildren(...nodes);
  point(view);
}

// point tells which option is active and brings it into view.
function point(view) {
  const active = view.shown[view.active];
  if (!active) return view.ui.input.removeAttribute("aria-activedescendant");
  view.ui.input.setAttribute("aria-activedescendant", active.id);
  document.getElementById(active.id).scrollIntoView({ block: "nearest" });
}

const keys = {
  ArrowDown: (view) => move(view, 1),
  ArrowUp: (view) => move(view, -1),
  Home: (view) => isOpen(view) && view.active >= 0 && go(view, 0),
  End: (view) => isOpen(view) && view.active >= 0 && go(view, view.shown.length - 1),
  Enter: (view) => enter(view),
  Escape: (view) => escape(view),
  Backspace: (view) => view.ui.input.value === "" && dropLast(view),
};

// key acts on the keys of the guide; a handler that acts keeps the key from the
// browser.
function key(view, event) {
  if (event.altKey || event.ctrlKey || event.metaKey) return;
  if (keys[event.key]?.(view)) event.preventDefault();
}

function isOpen(view) {
  return !view.ui.list.hidden;
}

function move(view, step) {
  if (!isOpen(view)) open(view);
  const n = view.shown.length;
  if (!n) return true;
  return go(view, view.active < 0 ? (step > 0 ? 0 : n - 1) : (view.active + step + n) % n);
}

function go(view, i) {
  view.active = i;
  draw(view);
  return true;
}

function enter(view) {
  const active = isOpen(view) && view.shown[view.active];
  if (active) toggle(view, active);
  return true;
}

function escape(view) {
  if (isOpen(view)) close(view);
  else view.ui.input.value = "";
  return true;
}

function dropLast(view) {
  const last = view.options.findLast((o) => o.box.checked);
  if (!last) return false;
  toggle(view, last);
  return true;
}

// toggle checks or unchecks the box behind an option, and lets the draft know.
function toggle(view, option) {
  option.box.checked = !option.box.checked;
  option.box.dispatchEvent(new Event("change", { bubbles: true }));
  view.ui.input.value = "";
  refresh(view);
  if (isOpen(view)) open(view);
}

// removed takes a chip away and leaves the focus on the next one, or in the box.
function removed(view, button) {
  if (!button) return;
  const at = [...view.ui.chips.querySelectorAll("button")].indexOf(button);
  toggle(view, view.options.find((o) => o.id === button.dataset.option));
  const rest = view.ui.chips.querySelectorAll("button");
  (rest[Math.min(at, rest.length - 1)] ?? view.ui.input).focus();
}

// refresh draws the chips, the tally, and who gets it when.
function refresh(view) {
  const chosen = view.options.filter((o) => o.box.checked);
  view.ui.chips.replaceChildren(...chosen.map((o) => chip(view, o)));
  const people = chosen.reduce((sum, o) => sum + o.count, 0);
  const max = Number(view.words.max);
  const over = max > 0 && people > max;
  view.ui.tally.textContent = (people ? countWords(view.words, people, "") : view.words.wordsNone) +
    (over ? `. ${view.words.wordsOver.replace("{}", max)}` : "");
  view.ui.tally.classList.toggle("over", over);
  routes(view, chosen);
}

function chip(view, option) {
  const label = view.words.wordsRemove.replace("{}", option.name);
  const button = element("button", { type: "button", "aria-label": label, "data-option": option.id }, "×");
  return element("li", { class: "chip" }, element("span", {}, option.name), button);
}

// countWords is "1 personne", "12 personnes", "3 résultats".
function countWords(words, n, what) {
  const many = words[what ? "wordsFound" : "wordsMany"];
  return n === 1 ? words[what ? "wordsFoundOne" : "wordsOne"] : many.replace("{}", n);
}

// routes lists who gets it now and who later, when somebody gets it later.
function routes({ words }, chosen) {
  const box = document.querySelector("[data-routes]");
  if (!box) return;
  if (!chosen.some((o) => o.later)) return box.replaceChildren();
  const rows = chosen.map((o) => element("li", {}, o.name,
    element("span", { class: "when" }, o.later || words.wordsNow)));
  box.replaceChildren(element("p", {}, words.wordsWhen), element("ul", {}, ...rows));
}
