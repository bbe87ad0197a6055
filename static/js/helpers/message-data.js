/** What the element of a message keeps of it, as the server describes it. */

export function keepData({ dataset }, message) {
  Object.assign(dataset, {
    id: message.id,
    role: message.role,
    status: message.status,
    author: message.author?.id ?? message.asked_by ?? "",
    finish: message.finish_reason ?? "",
    error: message.error?.code ?? "",
    cause: message.error?.cause ?? "",
    wait: message.error?.wait ?? "",
    parent: message.parent ?? "",
  });
  if (message.for_people) dataset.forPeople = "";
  if (message.quote === undefined) delete dataset.quote;
  else dataset.quote = message.quote;
}

/** Notes whether one of a message's texts is empty, or all that it has: a style sheet that looked would do so with each word. */
export function markBlank(message, body) {
  const isBlank = body.querySelector(":scope > .message__text:empty");
  if (isBlank) message.dataset.blank = body.childElementCount > 1 ? "some" : "all";
  else delete message.dataset.blank;
}
