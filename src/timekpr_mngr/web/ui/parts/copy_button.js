// What a press on a button does that copies a text; it emits whether the text is in the clipboard now.
(text) => async ({ currentTarget: pressed }) => {
  try {
    await navigator.clipboard.writeText(text);
    emit(true);
  } catch {
    // Without TLS a page has no clipboard, but what is marked in it can be copied while somebody presses.
    const marked = Object.assign(document.createElement("textarea"), { value: text });
    marked.style.cssText = "position: fixed; opacity: 0";
    pressed.after(marked);
    marked.select();
    const done = document.execCommand("copy");
    marked.remove();
    pressed.focus();
    emit(done);
  }
}
