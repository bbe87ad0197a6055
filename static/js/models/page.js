/** What the document carries for its scripts, read once: its reader, the conversation that it shows, and addresses. */

const chat = document.getElementById("chat");
const { dataset } = chat;
/** Stands in an address where an id belongs; the template writes it. */
const ANY_ID = "00000000-0000-0000-0000-000000000000";

/** The addresses of one kind of page, by the id that they hold. */
export const withId = (address) => (id) => address.replace(ANY_ID, id);

export const page = {
  person: { id: dataset.person, name: dataset.personName },
  /** The id of the conversation; empty until a new one has begun. */
  conversation: dataset.conversation,
  revision: Number(dataset.revision),
  canShare: "sharable" in dataset,
  canWrite: "writable" in dataset,
  canRemark: "remarkable" in dataset,
  /** Whether the reader decides what others have marked here. */
  isLed: "led" in dataset,
  csrfToken: document.querySelector("[name=csrfmiddlewaretoken]").value,
  urls: {
    home: dataset.urlHome,
    socket: dataset.urlSocket,
    parameters: dataset.urlParameters,
    shortcuts: dataset.urlShortcuts,
    later: dataset.urlLater,
    conversation: withId(dataset.urlConversation),
    thread: withId(dataset.urlThread),
    audience: withId(dataset.urlAudience),
    share: withId(dataset.urlShare),
    reply: withId(dataset.urlReply),
    versions: withId(dataset.urlVersions),
    markdown: dataset.urlMarkdown,
  },
  api: {
    conversations: dataset.apiConversations,
    conversation: withId(dataset.apiConversation),
    exportOf: withId(dataset.apiExport),
    exportAll: dataset.apiExportAll,
    restore: withId(dataset.apiRestore),
    estimate: dataset.apiEstimate,
    models: dataset.apiModels,
    people: dataset.apiPeople,
    teamDefaults: withId(dataset.apiTeam),
    projectDefaults: withId(dataset.apiProject),
    favourite: withId(dataset.apiFavourite),
    files: dataset.apiFiles,
    file: withId(dataset.apiFile),
    drafts: dataset.apiDrafts,
    prompts: dataset.apiPrompts,
    verified: dataset.apiVerified,
    remarks: withId(dataset.apiRemarks),
    events: dataset.apiEvents,
  },
};
