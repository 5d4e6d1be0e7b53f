import { describe, expect, it } from 'bun:test';
import { getMockedLogger } from '@backend/logger/__mocks__/Logger.mock';
import { CorrelationId } from '@core/domain/CorrelationId';
import { err, ok, type Result } from 'neverthrow';
import { ENVELOPE_VERSION } from '../domain/TaskEnvelope';
import { TaskId } from '../domain/TaskId';
import { PublishError } from '../queue/publish';
import { type JobInput } from '../queue/TaskQueues';
import { type LedgerKey } from './LedgerEntry';
import { LedgerError } from './LedgerError';
import { type LedgerInsert } from './LedgerWriter';
import { publishRecorded } from './publishRecorded';
import { type TaskLedger } from './TaskLedger';

const away = new LedgerError('no answer', { code: 'ledger-unavailable' });
const gone = new PublishError('Redis is not reachable', { code: 'unreachable' });

interface Given {
  readonly inserted?: Result<LedgerInsert, LedgerError>;
  readonly published?: (job: JobInput) => Result<TaskId, PublishError>;
  readonly absorbed?: Result<void, LedgerError>;
  readonly isRequired?: boolean;
  readonly isLeft?: boolean;
  readonly isWaitAnswered?: boolean;
  readonly hasLedger?: boolean;
  readonly data?: unknown;
  readonly key?: LedgerKey;
  readonly options?: Partial<JobInput['options']>;
}

const SCHEDULED_AT_MS = 1000;

const envelope = { v: ENVELOPE_VERSION, payload: {}, correlationId: CorrelationId() };

const setup = async ({
  inserted = ok({ kind: 'created' }),
  published = ({ id }) => ok(id),
  absorbed = ok(),
  isRequired = true,
  isLeft,
  isWaitAnswered,
  hasLedger = true,
  data = envelope,
  key,
  options = {},
}: Given) => {
  const calls: string[] = [];
  const jobs: JobInput[] = [];
  const note = <T>(call: string, answer: T): T => {
    calls.push(call);
    return answer;
  };
  const ledger = {
    writer: { insert: async () => note('insert', inserted) },
    outbox: {
      notePublished: () => note('note', undefined),
      absorb: async () => note('absorb', absorbed),
    },
  } as unknown as TaskLedger; // what it calls
  const id = TaskId();
  const answer = await publishRecorded({
    ledger: hasLedger ? ledger : undefined,
    isRequired,
    job: { id, name: 'mails:send', data, options: { jobId: id, ...options } } as JobInput, // of any data
    facts: { nowMs: SCHEDULED_AT_MS, key },
    publish: async (job) => {
      jobs.push(job);
      return note('publish', published(job));
    },
    ...(isLeft === undefined ? {} : { isLeft: () => isLeft }),
    ...(isWaitAnswered === undefined ? {} : { isWaitAnswered }),
    logger: { ...getMockedLogger(), warn: (message) => note(`warn: ${message}`, undefined) },
  });
  return { answer, calls, options: jobs.map((job) => job.options), id };
};

const WITHOUT = 'warn: Tasks are scheduled without the ledger, which does not answer';
const WAIT = 'warn: Tasks wait in the ledger: Redis does not take them';
const STAY = 'warn: A replaced task stays in the ledger for now, which does not answer';

const byId = TaskId();

describe('publishRecorded', () => {
  const cases: [
    what: string,
    given: Given,
    answer: Awaited<ReturnType<typeof setup>>['answer'],
    calls: string[],
  ][] = [
    ['writes it down, then publishes it', {}, ok({ kind: 'published' }), ['insert', 'publish', 'note']],
    ['only publishes it without a ledger', { hasLedger: false }, ok({ kind: 'published' }), ['publish']],
    ['only publishes what is no envelope', { data: 'old' }, ok({ kind: 'published' }), ['publish']],
    ['refuses it when it must be written down', { inserted: err(away) }, err(away), ['insert']],
    [
      'publishes it all the same, says so, and notes nothing',
      { inserted: err(away), isRequired: false },
      ok({ kind: 'published' }),
      ['insert', WITHOUT, 'publish'],
    ],
    [
      'refuses it when neither ledger nor Redis takes it',
      { inserted: err(away), isRequired: false, published: () => err(gone) },
      err(gone),
      ['insert', WITHOUT, 'publish'],
    ],
    [
      'leaves to the relay what Redis does not take, and says so',
      { published: () => err(gone) },
      ok({ kind: 'waiting', error: gone }),
      ['insert', 'publish', WAIT],
    ],
    [
      'leaves it to its caller to say that it waits',
      { published: () => err(gone), isWaitAnswered: true },
      ok({ kind: 'waiting', error: gone }),
      ['insert', 'publish'],
    ],
    ['leaves to the relay what it is told to', { isLeft: true }, ok({ kind: 'left' }), ['insert']],
    [
      'has another one stand for what it is told to leave',
      { isLeft: true, inserted: ok({ kind: 'duplicate', id: byId }) },
      ok({ kind: 'covered', byId }),
      ['insert'],
    ],
    [
      'leaves nothing that is not written down',
      { isLeft: true, inserted: err(away), isRequired: false },
      ok({ kind: 'published' }),
      ['insert', WITHOUT, 'publish'],
    ],
    [
      'publishes nothing for which another one stands',
      { inserted: ok({ kind: 'duplicate', id: byId }) },
      ok({ kind: 'covered', byId }),
      ['insert'],
    ],
    [
      'forgets one for which its queue has another one',
      { published: () => ok(byId) },
      ok({ kind: 'covered', byId }),
      ['insert', 'publish', 'absorb'],
    ],
    [
      'says that such a one is not forgotten',
      { published: () => ok(byId), absorbed: err(away) },
      ok({ kind: 'covered', byId, error: away }),
      ['insert', 'publish', 'absorb', STAY],
    ],
  ];

  it.each(cases)('%s', async (_what, given, answer, calls) => {
    const recorded = await setup(given);
    expect([recorded.answer, recorded.calls]).toEqual([answer, calls]);
  });

  const key: LedgerKey = { kind: 'unique', key: 'k' };
  const deduplication = { id: 'k' };
  const jobs: [what: string, given: Given, options: Partial<JobInput['options']>][] = [
    ['when it was scheduled', {}, { timestamp: SCHEDULED_AT_MS }],
    ['the time that it says itself', { options: { timestamp: 900, delay: 5 } }, { timestamp: 900, delay: 5 }],
    [
      'no key that the ledger has decided',
      { key, options: { deduplication } },
      { timestamp: SCHEDULED_AT_MS },
    ],
    [
      'what the ledger does not decide: whether a run overlaps',
      { options: { deduplication } },
      { timestamp: SCHEDULED_AT_MS, deduplication },
    ],
    [
      'all it was given, without a ledger',
      { hasLedger: false, key, options: { deduplication } },
      { deduplication },
    ],
    [
      'all it was given, without a ledger that is away',
      { inserted: err(away), isRequired: false, key, options: { deduplication } },
      { deduplication },
    ],
  ];

  it.each(jobs)('puts a task on its queue with %s', async (_what, given, options) => {
    const recorded = await setup(given);
    expect(recorded.options).toEqual([{ jobId: recorded.id, ...options }]);
  });
});
