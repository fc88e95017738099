// Whoever was signed out meanwhile is led to sign in as soon as their page asks for something; but a page with a form
// that they have typed into is not taken from them: it stays as it is, and the form says so, with the way to sign in.

const { body } = document;
const words = document.getElementById("signed-out");

function wasTyped(control) {
  if (control.type === "hidden") return false;
  if (control instanceof HTMLSelectElement) return [...control.options].some((each) => each.selected !== each.defaultSelected);
  if (control.type === "checkbox" || control.type === "radio") return control.checked !== control.defaultChecked;
  return "defaultValue" in control && control.value !== control.defaultValue;
}

// A form that was sent before comes with what was typed into it, and is marked.
const isUnsent = ({ elements }) => elements.sender && ("typed" in elements.sender.dataset || [...elements].some(wasTyped));

function stay(form, address) {
  const note = words.content.cloneNode(true).firstElementChild;
  note.querySelector("a").href = address;
  form.querySelector(".actions").before(note);
}

body.addEventListener("htmx:beforeOnLoad", (event) => {
  const { xhr, requestConfig } = event.detail;
  const address = xhr.getResponseHeader("HX-Redirect");
  const notes = () => body.querySelectorAll("[data-signed-out]");
  if (!address?.startsWith(words.dataset.address)) {
    // Somebody is signed in again.
    if (xhr.status < 400) for (const note of notes()) note.remove();
    return;
  }
  const forms = [...document.forms].filter(isUnsent);
  if (!forms.length) return;
  event.preventDefault();
  for (const form of forms) if (!form.querySelector("[data-signed-out]")) stay(form, address);
  if (requestConfig.triggeringEvent?.isTrusted) notes()[0].scrollIntoView({ block: "center", behavior: "instant" });
});
