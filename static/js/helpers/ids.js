/** Names for what the server does not know of yet. */

/** A new random id (crypto.randomUUID is missing on plain http in a local network). */
export function newId() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
