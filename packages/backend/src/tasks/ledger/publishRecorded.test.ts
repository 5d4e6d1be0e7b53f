import { describe, expect, it } from 'bun:test';
import { CorrelationId } from '@core/domain/CorrelationId';
import { err, ok, type Result } from 'neverthrow';
import { ENVELOPE_VERSION } from '../domain/TaskEnvelope';
import { TaskId } from '../domain/TaskId';
import { PublishError } from '../queue/publish';
import { type JobInput } from '../queue/TaskQueues';
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
  readonly hasLedger?: boolean;
  readonly data?: unknown;
}

const envelope = { v: ENVELOPE_VERSION, payload: {}, correlationId: CorrelationId() };

const setup = async ({
  inserted = ok({ kind: 'created' }),
  published = ({ id }) => ok(id),
  absorbed = ok(),
  isRequired = true,
  hasLedger = true,
  data = envelope,
}: Given) => {
  const calls: string[] = [];
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
    job: { id, name: 'mails:send', data, options: { jobId: id } } as JobInput, // of any data
    facts: { nowMs: 1000 },
    publish: async (job) => note('publish', published(job)),
    log: { warn: (key) => note(`warn ${key}`, undefined) },
  });
  return [answer, calls] as const;
};

const byId = TaskId();

describe('publishRecorded', () => {
  const cases: [what: string, given: Given, answer: Awaited<ReturnType<typeof setup>>[0], calls: string[]][] =
    [
      ['writes it down, then publishes it', {}, ok({ kind: 'published' }), ['insert', 'publish', 'note']],
      ['only publishes it without a ledger', { hasLedger: false }, ok({ kind: 'published' }), ['publish']],
      ['only publishes what is no envelope', { data: 'old' }, ok({ kind: 'published' }), ['publish']],
      ['refuses it when it must be written down', { inserted: err(away) }, err(away), ['insert']],
      [
        'publishes it all the same, says so, and notes nothing',
        { inserted: err(away), isRequired: false },
        ok({ kind: 'published' }),
        ['insert', 'warn insert', 'publish'],
      ],
      [
        'refuses it when neither ledger nor Redis takes it',
        { inserted: err(away), isRequired: false, published: () => err(gone) },
        err(gone),
        ['insert', 'warn insert', 'publish'],
      ],
      [
        'leaves to the relay what Redis does not take',
        { published: () => err(gone) },
        ok({ kind: 'waiting', error: gone }),
        ['insert', 'publish'],
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
        ['insert', 'publish', 'absorb', 'warn absorb'],
      ],
    ];

  it.each(cases)('%s', async (_what, given, answer, calls) => {
    expect(await setup(given)).toEqual([answer, calls]);
  });
});
