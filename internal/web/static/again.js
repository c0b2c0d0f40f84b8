// Keeps the list of places true while it stays open: it has no stream of its own,
// because each of its places may close at another second.

// follow asks for the page again when the list says so, and takes its place.
export function follow(list) {
  const wait = Math.max(1_000, Number(list.dataset.again));
  const spread = Math.random() * Math.min(5_000, wait / 4); // so that not everybody asks at once
  setTimeout(() => renew(list), wait + spread);
}

async function renew(list) {
  try {
    const answer = await fetch(location.pathname + location.search, { headers: { Accept: "text/html" }, cache: "no-store" });
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const fresh = answer.ok && page.querySelector("[data-again]");
    if (fresh) show(list, fresh);
  } catch {
    // no network: ask again later
  }
  follow(list);
}

// show replaces what differs only, so that the focus stays where it is.
function show(list, fresh) {
  list.dataset.again = fresh.dataset.again;
  if (list.children.length !== fresh.children.length) {
    if (!list.contains(document.activeElement)) list.replaceChildren(...fresh.children);
    return;
  }
  [...fresh.children].forEach((place, i) => {
    const old = list.children[i];
    if (!old) list.append(place);
    else if (old.innerHTML !== place.innerHTML && !old.contains(document.activeElement)) old.replaceWith(place);
  });
}
