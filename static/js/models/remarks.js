/** The remarks of the open conversation: of two states of one the later is kept, whichever comes last. */

export class Remarks {
  #all = new Map();

  /** Takes remarks as the server tells them. */
  take(remarks) {
    for (const remark of remarks) {
      const known = this.#all.get(remark.id);
      if (!known || known.revision <= remark.revision) this.#all.set(remark.id, remark);
    }
  }

  has(id) {
    return this.#all.has(id);
  }

  /** The ids of the messages that have some. */
  get messages() {
    return new Set(this.#standing.map(({ message }) => message));
  }

  /** Those on a message in the order of its words, the oldest first: [{remark, replies}]. */
  on(message) {
    const told = this.#standing.filter((remark) => remark.message === message).sort(byTime);
    const firsts = told.filter(({ remark }) => !remark).sort((one, other) => (one.start ?? 0) - (other.start ?? 0));
    return firsts.map((first) => ({ remark: first, replies: told.filter(({ remark }) => remark === first.id) }));
  }

  get #standing() {
    return [...this.#all.values()].filter(({ deleted }) => !deleted);
  }
}

const byTime = (one, other) => Date.parse(one.created_at) - Date.parse(other.created_at);
