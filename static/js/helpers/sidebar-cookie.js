/** What this browser's person has folded of the sidebar, in a cookie: the server draws the page so from the start. */

const NAME = "sidebar";
const YEAR = 365 * 24 * 60 * 60; // seconds

/** Remembers whether the part of this name is folded. */
export function rememberFolded(part, isFolded) {
  const known = document.cookie.split("; ").find((pair) => pair.startsWith(`${NAME}=`));
  const parts = new Set((known?.slice(NAME.length + 1) ?? "").split(".").filter(String));
  if (isFolded) parts.add(part);
  else parts.delete(part);
  const secure = location.protocol === "https:" ? "; secure" : "";
  document.cookie = `${NAME}=${[...parts].join(".")}; path=/; max-age=${YEAR}; samesite=lax${secure}`;
}
