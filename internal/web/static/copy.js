// Buttons that copy a text. Without this module the text is there to be selected.

// offer shows a button and lets it copy the field that it names.
export function offer(button) {
  const field = document.getElementById(button.dataset.copy);
  if (!field) return;
  button.hidden = false;
  button.addEventListener("click", async () => {
    if (!(await copy(field))) return;
    document.getElementById("said").textContent = button.dataset.wordsCopied;
    const words = button.textContent;
    button.textContent = button.dataset.wordsCopied;
    setTimeout(() => (button.textContent = words), 3_000);
  });
}

// copy puts a field's text on the clipboard; where the browser refuses, the text
// stays selected, one key away.
async function copy(field) {
  field.select();
  try {
    await navigator.clipboard.writeText(field.value);
    return true;
  } catch {
    return document.execCommand("copy"); // pages without TLS have no other way
  }
}
