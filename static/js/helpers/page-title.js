/** The page's title: what is open, and before it the number of unread conversations. */

let bare = document.title;
let unread = 0;
let isMentioned = false;

/** What is open has this title. */
export function titlePage(title) {
  bare = [title, ...bare.split(" · ").slice(-1)].join(" · ");
  show();
}

/** So many conversations have something to read, one perhaps a mention; 0 for a reader who wants no number. */
export function countUnread(count, hasMention) {
  [unread, isMentioned] = [count, hasMention];
  show();
}

function show() {
  document.title = unread ? `(${isMentioned ? "@" : ""}${unread}) ${bare}` : bare;
}
