// Passkeys: a form that has one asks the server what to sign, has the device sign
// it, and is sent with the answer. Without this module, or in a browser that knows
// no passkeys, the form stays hidden and the page says what else to do.

// use shows a form and takes over its sending.
export function use(form) {
  if (!window.PublicKeyCredential) return;
  form.hidden = false;
  form.addEventListener("submit", (event) => {
    if (form.elements.response.value) return;
    event.preventDefault();
    answer(form).catch((problem) => say(form, problem));
  });
}

// answer fills the form with what the device says, and sends it.
async function answer(form) {
  const asked = await fetch(form.dataset.passkey, { method: "POST", headers: { Accept: "application/json" } });
  if (asked.status === 401) return prove(); // who acts is asked to prove it first
  if (!asked.ok) throw new Error((await asked.json()).error);
  const options = await asked.json();
  const making = "user" in options;
  const key = await navigator.credentials[making ? "create" : "get"]({ publicKey: readable(options) });
  form.elements.response.value = JSON.stringify(written(key));
  form.submit();
}

// prove leads to where who acts proves it, and back here.
function prove() {
  if (location.pathname === "/proof") location.reload();
  else location.assign("/proof?next=" + encodeURIComponent(location.pathname));
}

// say tells what went wrong; a reader who closed the device's own window knows.
function say(form, problem) {
  const line = form.querySelector("[role=status]");
  line.textContent = problem.name === "NotAllowedError" || !problem.message ? form.dataset.wordsStopped : problem.message;
}

// readable turns what JSON can carry into what the device wants.
function readable(options) {
  options.challenge = bytes(options.challenge);
  if (options.user) options.user.id = bytes(options.user.id);
  for (const key of [...(options.allowCredentials ?? []), ...(options.excludeCredentials ?? [])]) key.id = bytes(key.id);
  return options;
}

function written(key) {
  const response = {};
  for (const name of ["clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle"]) {
    if (key.response[name]) response[name] = text(key.response[name]);
  }
  if (key.response.getTransports) response.transports = key.response.getTransports();
  return { id: key.id, rawId: text(key.rawId), type: key.type, response, clientExtensionResults: key.getClientExtensionResults() };
}

function bytes(base64url) {
  const binary = atob(base64url.replaceAll("-", "+").replaceAll("_", "/"));
  return Uint8Array.from(binary, (c) => c.charCodeAt(0));
}

function text(buffer) {
  const binary = Array.from(new Uint8Array(buffer), (b) => String.fromCharCode(b)).join("");
  return btoa(binary).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}
