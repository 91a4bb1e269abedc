/** Idempotency tokens: which request made what, for as long as it is remembered. */
import { conflict, invalid } from './errors.ts';
import { fingerprint as fingerprintOf } from './fingerprint.ts';
import type { Journal, JournalEntry, Journaled } from './journal.ts';
import { RunRequests } from './run-requests.ts';
import type { OmicsSwitches } from './settings.ts';

export interface RememberedRequest {
  /** A fingerprint of operation and token: see `tokenOf`. */
  readonly token: string;
  readonly fingerprint: string;
  readonly atMs: number;
  /** What the request made: an id, or a run's sequence number, id and uuid. */
  readonly made: readonly (string | number)[];
}

/** What a request is remembered by. */
export function tokenOf(operation: string, requestId: string): string {
  return fingerprintOf([operation, requestId]);
}

interface RequestEntry extends JournalEntry {
  readonly request: RememberedRequest;
}

export class RequestMemory implements Journaled {
  readonly kinds = ['request'];
  readonly #switches: OmicsSwitches;
  readonly #journal: Journal;
  readonly #ofRuns = new RunRequests();
  /** Of everything else. In order of age, so that the forgotten ones are in front. */
  readonly #requests = new Map<string, RememberedRequest>();

  constructor(switches: OmicsSwitches, journal: Journal) {
    this.#switches = switches;
    this.#journal = journal;
  }

  /**
   * What an earlier call with this token made.
   * @throws AwsError when the token was used with other parameters, as the switch `requestIdReuse` says.
   */
  recall(token: string, fingerprint: string, nowMs: number): RememberedRequest | undefined {
    this.#forgetOld(nowMs);
    const known = this.#requests.get(token) ?? this.#ofRuns.find(token);
    if (known === undefined || known.fingerprint === fingerprint) return known;
    const message = 'The request ID was used before with different parameters';
    switch (this.#switches.requestIdReuse) {
      case 'ConflictException':
        throw conflict(message);
      case 'ValidationException':
        throw invalid(message);
      case 'SAME_ANSWER':
        return known;
      default:
        return this.#switches.requestIdReuse satisfies never;
    }
  }

  /** Remembers and puts it on disk. */
  remember(request: RememberedRequest): void {
    this.#journal.append({ k: 'request', request } as RequestEntry);
    this.hold(request);
  }

  /** Remembers what is on disk already. */
  hold(request: RememberedRequest): void {
    if (request.made.length === 3) {
      this.#ofRuns.add(request);
      return;
    }
    this.#requests.delete(request.token);
    this.#requests.set(request.token, request);
  }

  apply(entry: JournalEntry): void {
    this.hold((entry as RequestEntry).request);
  }

  *snapshot(): Iterable<JournalEntry> {
    for (const request of this.#requests.values()) yield { k: 'request', request } as RequestEntry;
    for (const request of this.#ofRuns.all()) yield { k: 'request', request } as RequestEntry;
  }

  #forgetOld(nowMs: number): void {
    const oldestMs = nowMs - this.#switches.requestIdMemorySeconds * 1000;
    this.#ofRuns.forgetBefore(oldestMs);
    for (const [token, request] of this.#requests) {
      if (request.atMs >= oldestMs) return;
      this.#requests.delete(token);
    }
  }
}
