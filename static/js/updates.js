// What htmx changes on the page is said to those who cannot see it, and a failed request never fails in silence.
// A response may say its own sentence with the header HX-Trigger: {"announce": "…"}.

const live = document.getElementById("live");

function say(text) {
  if (!live || !text) return;
  live.textContent = "";
  // An unchanged text is not read out again: let the emptied region be noticed first.
  setTimeout(() => (live.textContent = text), 50);
}

// The place of messages is a live region itself, so what is shown there is also read out.
function complain(text) {
  const place = document.getElementById("messages");
  if (!place || !text) return;
  const note = document.createElement("div");
  note.className = "note note-error";
  const words = document.createElement("p");
  words.textContent = text;
  note.append(words);
  place.replaceChildren(note);
}

// What became of a form is said beside what it changed, often far down the page: the page opens there, with the focus,
// and does not travel.
addEventListener("load", () => {
  const note = document.querySelector("[data-told]");
  note?.focus({ preventScroll: true });
  note?.scrollIntoView({ block: "center", behavior: "instant" });
});

const { body } = document;
body.addEventListener("announce", (event) => say(event.detail.value));
body.addEventListener("htmx:responseError", () => complain(live?.dataset.failed));
body.addEventListener("htmx:sendError", () => complain(live?.dataset.offline));
body.addEventListener("htmx:timeout", () => complain(live?.dataset.offline));
body.addEventListener("htmx:beforeRequest", (event) => event.detail.target?.setAttribute("aria-busy", "true"));
body.addEventListener("htmx:afterRequest", (event) => event.detail.target?.removeAttribute("aria-busy"));

// What a swap brought fades in. Its links and forms work from the first moment: htmx would leave them to the browser for
// 20 ms (its settling, switched off in base.html), and whoever pressed Enter then was sent to a new page.
// What comes by itself, again and again, does not fade: a table that is being filled would flicker.
const still = matchMedia("(prefers-reduced-motion: reduce)");
let byItself = false;
body.addEventListener("htmx:beforeSwap", ({ detail: { requestConfig } }) => {
  byItself = requestConfig?.elt?.getAttribute("hx-trigger")?.startsWith("every") ?? false;
});
body.addEventListener("htmx:load", ({ detail: { elt } }) => {
  if (elt !== body && !still.matches && !byItself) elt.animate?.({ opacity: [0, 1] }, 120);
});

// After a refused form the first field in error gets the focus; after any other swap the focus stays where it was.
body.addEventListener("htmx:afterSettle", (event) => {
  if (event.detail.xhr?.status !== 422) return;
  event.detail.elt.querySelector("[aria-invalid=true]")?.focus();
});
