// Passkeys: a form with data-passkey asks the browser for an answer to the portal's challenge, puts it into its hidden
// field and is then sent like any other. The challenge stands in the page, or is fetched from where the form goes.

const toBytes = (text) =>
  Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (letter) => letter.charCodeAt(0));

const toText = (buffer) =>
  btoa(String.fromCharCode(...new Uint8Array(buffer)))
    .replaceAll("+", "-")
    .replaceAll("/", "_")
    .replace(/=+$/, "");

const known = (keys) => (keys ?? []).map((key) => ({ ...key, id: toBytes(key.id) }));

async function challenge(form) {
  const { options } = form.dataset;
  if (options) return JSON.parse(document.getElementById(options).textContent).publicKey;
  const answer = await fetch(form.action, { headers: { Accept: "application/json" } });
  if (!answer.ok) throw new Error(`No challenge: ${answer.status}`);
  return (await answer.json()).request_options.publicKey;
}

async function create(form, asked) {
  const alone = form.elements.passwordless?.checked ?? false;
  const credential = await navigator.credentials.create({
    publicKey: {
      ...asked,
      challenge: toBytes(asked.challenge),
      user: { ...asked.user, id: toBytes(asked.user.id) },
      excludeCredentials: known(asked.excludeCredentials),
      authenticatorSelection: {
        ...asked.authenticatorSelection,
        residentKey: alone ? "required" : "discouraged",
        requireResidentKey: alone,
        userVerification: alone ? "required" : "preferred",
      },
    },
  });
  const { response } = credential;
  return written(credential, {
    attestationObject: toText(response.attestationObject),
    transports: response.getTransports?.() ?? [],
  });
}

async function get(form, asked) {
  const credential = await navigator.credentials.get({
    publicKey: { ...asked, challenge: toBytes(asked.challenge), allowCredentials: known(asked.allowCredentials) },
  });
  const { response } = credential;
  return written(credential, {
    authenticatorData: toText(response.authenticatorData),
    signature: toText(response.signature),
    userHandle: response.userHandle ? toText(response.userHandle) : null,
  });
}

function written(credential, response) {
  return JSON.stringify({
    id: credential.id,
    rawId: toText(credential.rawId),
    type: credential.type,
    authenticatorAttachment: credential.authenticatorAttachment,
    clientExtensionResults: credential.getClientExtensionResults(),
    response: { clientDataJSON: toText(credential.response.clientDataJSON), ...response },
  });
}

function complain(form, error) {
  const place = form.querySelector("[data-passkey-trouble]");
  const words = { NotAllowedError: "cancelled", AbortError: "cancelled", InvalidStateError: "known" };
  place.textContent = place.dataset[window.PublicKeyCredential ? (words[error?.name] ?? "other") : "unsupported"];
  place.hidden = false;
}

for (const form of document.querySelectorAll("form[data-passkey]")) {
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const button = form.querySelector("button[type=submit]");
    form.querySelector("[data-passkey-trouble]").hidden = true;
    button.disabled = true;
    try {
      const asked = await challenge(form);
      form.elements.credential.value = await (form.dataset.passkey === "create" ? create : get)(form, asked);
      form.submit();
    } catch (error) {
      button.disabled = false;
      complain(form, error);
    }
  });
}
