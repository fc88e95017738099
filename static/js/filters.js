// Beside what htmx does for a list with filters: a field whose words changed says whether it is wrong, and a page link
// that is gone after the swap hands the focus to what it brought.

document.body.addEventListener("htmx:oobAfterSwap", ({ detail: { target } }) => {
  const note = document.getElementById(target.id);
  if (!note?.dataset.field) return;
  for (const control of document.querySelectorAll(`[aria-describedby~="${note.id}"]`)) {
    if (note.textContent.trim()) control.setAttribute("aria-invalid", "true");
    else control.removeAttribute("aria-invalid");
  }
});

document.body.addEventListener("htmx:afterSettle", () => {
  if (document.activeElement === document.body) document.getElementById("found")?.focus({ preventScroll: true });
});
