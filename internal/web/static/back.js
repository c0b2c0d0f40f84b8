// A browser may keep a page and show it again as it was (the Back key), although the
// server asked it to store nothing, and although its person has signed out since, on
// a device that others use. So it stays hidden until the server says that it is still
// theirs; what was typed in it is kept.
export function guard() {
  window.addEventListener("pageshow", async (event) => {
    if (!event.persisted) return;
    document.body.hidden = true;
    const answer = await fetch(location.href, { method: "HEAD", redirect: "manual" }).catch(() => null);
    if (answer?.ok) document.body.hidden = false;
    else location.reload();
  });
}
