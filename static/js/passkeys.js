/**
 * Forms that a passkey fills in: the browser answers the site's challenge, and the answer is sent with the form.
 *
 * `data-passkey` says what is done: "create" makes a passkey, "get" uses one. The challenge stands in the form or, with
 * `data-challenge-url`, is fetched when the button is pressed. What is binary travels as base64url.
 */

const BINARY = ["clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle"];

for (const form of document.querySelectorAll("form[data-passkey]")) {
  const isPossible = Boolean(globalThis.PublicKeyCredential);
  form.hidden = !isPossible;
  document.querySelector("[data-no-passkeys]")?.toggleAttribute("hidden", isPossible);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    send(form);
  });
}

async function send(form) {
  const failures = [...form.querySelectorAll("[data-failure]")];
  for (const line of failures) line.hidden = true;
  try {
    const { publicKey } = await challenge(form);
    const credential = await navigator.credentials[form.dataset.passkey]({ publicKey: decoded(publicKey) });
    form.elements.credential.value = JSON.stringify(encoded(credential));
    form.submit();
  } catch ({ name }) {
    (failures.find((line) => line.dataset.failure === name) ?? failures.at(-1)).hidden = false;
  }
}

async function challenge(form) {
  const { challengeUrl } = form.dataset;
  if (!challengeUrl) return JSON.parse(form.querySelector("script").textContent);
  const response = await fetch(challengeUrl, { headers: { Accept: "application/json" } });
  if (!response.ok) throw new Error(response.statusText);
  return (await response.json()).request_options;
}

/** The site's options as the browser takes them. */
function decoded({ challenge: text, user, excludeCredentials = [], allowCredentials = [], ...others }) {
  return {
    ...others,
    challenge: bytesOf(text),
    ...(user && { user: { ...user, id: bytesOf(user.id) } }),
    excludeCredentials: excludeCredentials.map((known) => ({ ...known, id: bytesOf(known.id) })),
    allowCredentials: allowCredentials.map((known) => ({ ...known, id: bytesOf(known.id) })),
  };
}

/** The browser's answer as the site takes it. */
function encoded(credential) {
  const { id, rawId, type, response } = credential;
  const given = BINARY.filter((name) => response[name]).map((name) => [name, textOf(response[name])]);
  const clientExtensionResults = credential.getClientExtensionResults();
  return { id, rawId: textOf(rawId), type, response: Object.fromEntries(given), clientExtensionResults };
}

function bytesOf(text) {
  return Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (letter) => letter.charCodeAt(0));
}

function textOf(buffer) {
  const text = btoa(String.fromCharCode(...new Uint8Array(buffer)));
  return text.replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}
