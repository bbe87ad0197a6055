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
