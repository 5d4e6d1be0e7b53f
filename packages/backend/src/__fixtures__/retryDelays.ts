import { backoffDelayMs } from '../tasks/domain/RetryPolicy';
import { defineTask } from '../tasks/domain/TaskDefinition';
import { type TaskOptions } from '../tasks/domain/TaskOptions';
import { planAttempt } from '../tasks/worker/AttemptPlan';

/** The policies that the reference shows, as a definition names them. */
const SHOWN: readonly TaskOptions[] = [
  {},
  { retry: { backoff: 'exponential', initialDelayMs: 1000, maxDelayMs: 60_000 } },
  { retry: { backoff: 'exponential', initialDelayMs: 500, multiplier: 3 } },
  { retry: { backoff: 'linear', initialDelayMs: 2000, maxDelayMs: 30_000 } },
  { retry: { backoff: 'linear', initialDelayMs: 1000, incrementMs: 500 } },
  { retry: { backoff: 'fixed', initialDelayMs: 5000 } },
  { retry: { backoff: 'steps', stepsMs: [1000, 60_000, 3_600_000] } },
  { backoffMs: 5000 },
];

const WAIT_COUNT = 7;

const DEFAULTS = { maxAttempts: 3, backoffMs: 1000, timeoutMs: 30_000 };

const policyOf = (options: TaskOptions) =>
  planAttempt({
    task: defineTask<unknown, unknown>({
      queueName: 'a:b',
      validator: () => never(),
      handler: never,
      options,
    }),
    overrides: {},
    defaults: DEFAULTS,
    attemptsMade: 0,
    crashCount: 0,
  }).retry;

const never = (): never => {
  throw new Error('the table runs nothing');
};

/** `{ backoff: 'fixed' }`, as one writes it. */
const toSource = (options: TaskOptions): string =>
  Object.keys(options).length === 0
    ? 'none'
    : `\`${JSON.stringify(options)
        .replaceAll(/"(\w+)":/g, ' $1: ')
        .replaceAll('"', "'")
        .replaceAll(/,(?=\S)/g, ', ')
        .replaceAll('}', ' }')
        .replaceAll('  ', ' ')
        .trim()}\``;

const toRow = (options: TaskOptions): string => {
  const policy = policyOf(options);
  const attempts = Array.from({ length: WAIT_COUNT }, (_, index) => index + 1);
  const waits = attempts.map((attempt) => {
    const [least, most] = [0, 1].map((random) => backoffDelayMs(policy, attempt, random));
    return least === most ? `${least}` : `${least} to ${most}`;
  });
  return `| ${[toSource(options), ...waits].join(' | ')} |`;
};

/** The waits of each shown policy after the first attempts, in milliseconds, as Markdown. */
export const toRetryDelayTable = (): string => {
  const head = ['options', ...Array.from({ length: WAIT_COUNT }, (_, index) => `after ${index + 1}`)];
  return [
    '',
    `| ${head.join(' | ')} |`,
    `| ${head.map(() => '---').join(' | ')} |`,
    ...SHOWN.map(toRow),
  ].join('\n');
};
