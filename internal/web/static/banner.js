// A banner for pages of other sites: it says that a school's messaging is
// limited, until when, and leads to the school's page. It stands alone, as a
// classic script, because other sites load it:
//
//   <script async src="https://ECLUSE/static/banner.js" data-ecole="0790001X"></script>
//
// data-lang is "fr" (unless said) or "en"; data-into is a selector of the element
// in which the banner appears, else it is the first of the page. It needs
// script-src and connect-src of Écluse's address in the site's own policy, and
// nothing inline: its look is set through the CSSOM, which no policy forbids.
// Where Écluse cannot be reached nothing is shown, and nothing breaks.
(() => {
  "use strict";
  const script = document.currentScript;
  const school = script?.dataset.ecole;
  if (!school || !window.fetch) return;
  const lang = script.dataset.lang === "en" ? "en" : "fr";
  const address = new URL("/ecole/" + encodeURIComponent(school) + "/etat.json", script.src);
  let banner = null;

  // look asks once, and shows or hides.
  async function look() {
    if (document.hidden) return;
    const answer = await fetch(address, { credentials: "omit", signal: AbortSignal.timeout?.(8_000) });
    if (!answer.ok) return;
    const state = await answer.json();
    if (state.limited) show(state);
    else hide();
  }

  function hide() {
    banner?.remove();
    banner = null;
  }

  function show(state) {
    if (!banner) {
      const into = (script.dataset.into && document.querySelector(script.dataset.into)) || document.body;
      banner = make();
      into.prepend(banner);
    }
    const words = state.headline[lang] + " ";
    if (banner.firstChild.data !== words) banner.firstChild.data = words;
    banner.lastChild.href = new URL("/ecole/" + encodeURIComponent(school), script.src);
  }

  function make() {
    const box = document.createElement("div");
    box.className = "ecluse-banner";
    box.setAttribute("role", "status");
    box.lang = lang;
    Object.assign(box.style, {
      padding: "0.75em 1em", background: "#16313b", color: "#f3fafb", font: "inherit", lineHeight: "1.5",
    });
    const link = document.createElement("a");
    link.textContent = lang === "en" ? "Who decided, and why" : "Qui a décidé, et pourquoi";
    Object.assign(link.style, { color: "inherit", textDecoration: "underline" });
    box.append(document.createTextNode(""), link);
    return box;
  }

  // every five minutes or so: not everybody at once, and only pages that are seen
  function again() {
    setTimeout(() => look().catch(() => {}).finally(again), 300_000 * (0.8 + 0.4 * Math.random()));
  }

  const begin = () => look().catch(() => {}).finally(again);
  if (document.body) begin();
  else document.addEventListener("DOMContentLoaded", begin);
})();
