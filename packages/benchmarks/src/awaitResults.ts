import { type Benchmark, type Metric } from './Benchmark';
import { createPayload } from './contestants/BenchmarkPayload';
import { contestants } from './contestants/contestants';
import { createPrefix } from './createPrefix';
import { median } from './median';

const ROUND_TRIP: Metric = { name: 'one by one', unit: 'ms', better: 'lower' };
const AT_ONCE: Metric = { name: '1000 at once', unit: 'tasks/s', better: 'higher' };

const ROUND_TRIP_COUNT = 300;
const AT_ONCE_COUNT = 1000;

/** What a caller waits for who needs what a task gives back: schedule, run, and hear of the end. */
export const awaitResults: Benchmark = {
  name: 'awaitResults',
  question: 'How long does it take to run a task and hear its result, one by one and many at once?',
  metrics: [ROUND_TRIP, AT_ONCE],
  measure: async (side, { redisUrl }) => {
    const place = { redisUrl, prefix: createPrefix() };
    await using producer = await contestants[side].createProducer(place);
    const work = { concurrency: 10, logLevel: 'warn', plainWork: 'same', onRun: () => undefined } as const;
    await using consumer = await contestants[side].createConsumer({ ...place, ...work });
    await consumer.start();
    await producer.run(createPayload(0)); // opens what hears of ends
    const timesMs: number[] = [];
    for (let index = 0; index < ROUND_TRIP_COUNT; index += 1) {
      const startedAtMs = performance.now();
      await producer.run(createPayload(index));
      timesMs.push(performance.now() - startedAtMs);
    }
    const startedAtMs = performance.now();
    await Promise.all(
      Array.from({ length: AT_ONCE_COUNT }, (_, index) => producer.run(createPayload(index))),
    );
    const seconds = (performance.now() - startedAtMs) / 1000;
    return { [ROUND_TRIP.name]: median(timesMs), [AT_ONCE.name]: AT_ONCE_COUNT / seconds };
  },
};
