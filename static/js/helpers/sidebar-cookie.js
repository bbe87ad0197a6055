/** What this browser's person has folded of the sidebar, and its width, in a cookie: the server draws the page so from the start. */

const NAME = "sidebar";
const YEAR = 365 * 24 * 60 * 60; // seconds

/** Remembers whether the part of this name is folded. */
export function rememberFolded(part, isFolded) {
  remember((parts) => [...parts.filter((one) => one !== part), ...(isFolded ? [part] : [])]);
}

/** Remembers the sidebar's width: rem. */
export function rememberWidth(width) {
  remember((parts) => [...parts.filter((one) => !/^w\d+$/.test(one)), `w${width}`]);
}

function remember(change) {
  const known = document.cookie.split("; ").find((pair) => pair.startsWith(`${NAME}=`));
  const parts = change((known?.slice(NAME.length + 1) ?? "").split(".").filter(String));
  const secure = location.protocol === "https:" ? "; secure" : "";
  document.cookie = `${NAME}=${parts.join(".")}; path=/; max-age=${YEAR}; samesite=lax${secure}`;
}
