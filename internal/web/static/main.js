// The one module every page asks for. Pages work without it; it starts what it
// finds on the page.
import { watch } from "./live.js";
import { keep, forget } from "./draft.js";
import { choose } from "./recipients.js";
import { run } from "./clock.js";
import { follow } from "./again.js";
import { offer } from "./copy.js";
import { use } from "./passkey.js";
import { listen, hush } from "./push.js";
import { guard } from "./back.js";

for (const form of document.querySelectorAll("form[data-draft-url]")) keep(form);

const recipients = document.querySelector("fieldset.recipients:not([data-partial])");
if (recipients) choose(recipients);

const simulated = document.querySelector("time[data-speed]");
if (simulated) run(simulated);

const places = document.querySelector("[data-again]");
if (places) follow(places);

for (const button of document.querySelectorAll("[data-copy]")) offer(button);

for (const form of document.querySelectorAll("form[data-passkey]")) use(form);

for (const form of document.querySelectorAll("form[data-push]")) listen(form);
for (const form of document.querySelectorAll("form[data-push-off]")) hush(form);

if (document.querySelector("form[action='/sign-out']")) guard();

// Signing out leaves nothing behind on a device that others may use.
if (document.querySelector("[data-goodbye]")) forget();

if (document.body.dataset.liveUrl || document.querySelector("[data-notice]")) watch();

// An error is read out first: the focus goes to the field that is wrong.
document.querySelector("[aria-invalid='true']")?.focus();
