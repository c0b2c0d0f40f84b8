// Notices: a form that turns them on asks the person's leave, has the browser listen
// with its maker's service, and is sent with where that is. In a browser that cannot,
// the form stays hidden and the page says nothing of it.

// The worker lives below /static/ and has no page of ours in its hands.
const worker = "/static/worker.js";

// listen shows a form that turns notices on, and takes over its sending.
export function listen(form) {
  if (!("serviceWorker" in navigator && "PushManager" in window && "Notification" in window)) return;
  form.closest("section").hidden = false;
  form.addEventListener("submit", (event) => {
    if (form.elements.endpoint.value) return;
    event.preventDefault();
    subscribe(form).catch(() => say(form, form.dataset.wordsFailed));
  });
}

// hush has the browser itself stop listening when a form that turns notices off is sent.
export function hush(form) {
  form.addEventListener("submit", () => {
    navigator.serviceWorker?.getRegistration("/static/").then((kept) => kept?.unregister());
  });
}

async function subscribe(form) {
  if ((await Notification.requestPermission()) !== "granted") return say(form, form.dataset.wordsRefused);
  const registration = await navigator.serviceWorker.register(worker);
  await awake(registration);
  const before = await registration.pushManager.getSubscription();
  await before?.unsubscribe(); // it may be for another key
  const { endpoint, keys } = (await registration.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: form.dataset.push })).toJSON();
  form.elements.endpoint.value = endpoint;
  form.elements.p256dh.value = keys.p256dh;
  form.elements.auth.value = keys.auth;
  form.submit();
}

// awake waits for the worker: it has no page to be ready for.
function awake(registration) {
  const waking = registration.installing ?? registration.waiting;
  if (registration.active || !waking) return;
  return new Promise((done) => waking.addEventListener("statechange", () => registration.active && done()));
}

function say(form, words) {
  form.querySelector("[role=status]").textContent = words;
}
