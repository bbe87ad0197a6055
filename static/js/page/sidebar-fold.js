/** The sidebar on a wide screen: folded away, and back by the button that opens it on a narrow one. */

import { rememberFolded } from "../helpers/sidebar-cookie.js";

export class SidebarFold {
  #app = document.querySelector(".app");
  #fold = document.querySelector(".sidebar__fold");
  #unfold = document.querySelector(".chat__menu");
  #isWide = matchMedia("(width >= 52rem)");

  listen() {
    this.#fold.addEventListener("click", () => this.#set(true));
    this.#unfold.addEventListener("click", (event) => {
      if (!this.#isWide.matches) return;
      event.preventDefault(); // No popover: it stands beside the thread again.
      this.#set(false);
    });
  }

  #set(isFolded) {
    this.#app.toggleAttribute("data-folded", isFolded);
    rememberFolded("sidebar", isFolded);
    (isFolded ? this.#unfold : this.#fold).focus();
  }
}
