/** Prints as JSON what a process reads from its clocks before and after it sets its clock ahead. */
import { setClockAhead } from '../clockAhead';
import { machineNowMs } from '../Evidence';

const OriginalDate = Date;
const before = { dateMs: Date.now(), machineMs: machineNowMs() };
setClockAhead();
const now = new Date();
const after = { dateMs: Date.now(), newDateMs: now.getTime(), machineMs: machineNowMs() };

const given = [
  new Date(0).getTime(),
  new Date('2020-01-02T03:04:05.006Z').getTime(),
  new Date(2020, 0, 2, 3, 4, 5, 6).getTime() - new OriginalDate(2020, 0, 2, 3, 4, 5, 6).getTime(),
  Date.UTC(2020, 0, 2),
  Date.parse('2020-01-02'),
];

const timerStartedAtMs = performance.now();
await Bun.sleep(1);
const timerMs = performance.now() - timerStartedAtMs;

console.log(
  JSON.stringify({
    before,
    after,
    given,
    timerMs,
    isReplaced: Date !== OriginalDate,
    isDate: [new Date() instanceof Date, new Date() instanceof OriginalDate],
  }),
);
