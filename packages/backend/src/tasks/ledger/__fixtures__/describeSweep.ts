import { describe, expect, it } from 'bun:test';
import { type SqlDialect } from '@backend/database/SqlDatabase';
import { TaskId } from '../../domain/TaskId';
import { type AttemptOutcome } from '../LedgerWriter';
import { createHistoryBench, failure } from './HistoryBench';
import { CREATED_AT_MS } from './LedgerBench';

/** What a history forgets, on one database. */
export const describeSweep = (dialect: SqlDialect): void => {
  describe(`createSqlHistory on ${dialect}: sweep`, () => {
    const nowMs = CREATED_AT_MS + 1000;

    it('deletes the oldest tasks of a status with their attempts, so many at once', async () => {
      const { bench, history, add, end, idsOf } = await createHistoryBench(dialect);
      await using _ = bench;
      const endAt = async (endedAtMs: number, outcome?: AttemptOutcome): Promise<TaskId> =>
        end(await add(), { endedAtMs, ...(outcome === undefined ? {} : { outcome }) });
      const young = await endAt(CREATED_AT_MS + 500);
      const old = await endAt(CREATED_AT_MS + 499);
      const oldest = await endAt(CREATED_AT_MS + 100);
      const failed = await endAt(CREATED_AT_MS + 100, failure);
      const open = await add();
      const sweep = async (limit: number) =>
        (
          await history.sweep({ status: 'completed', endedBeforeMs: CREATED_AT_MS + 500, nowMs, limit })
        )._unsafeUnwrap();

      expect(await sweep(1)).toBe(1);
      expect(await idsOf()).toEqual([open, failed, old, young]);
      expect(await bench.attempts(oldest)).toEqual([]);
      expect(await sweep(10)).toBe(1);
      expect(await sweep(10)).toBe(0);
      expect(await idsOf()).toEqual([open, failed, young]);
      expect(await bench.attempts(failed)).toHaveLength(1);
    });

    it('leaves a task whose idempotency key still holds', async () => {
      const { bench, history, add, end, idsOf } = await createHistoryBench(dialect);
      await using _ = bench;
      const key = { kind: 'idempotency', key: 'k', expiresAtMs: nowMs } as const;
      const id = await end(await add({ key }));
      const rule = { status: 'completed', endedBeforeMs: nowMs, limit: 10 } as const;

      expect((await history.sweep({ ...rule, nowMs: nowMs - 1 }))._unsafeUnwrap()).toBe(0);
      expect(await idsOf()).toEqual([id]);
      expect((await history.sweep({ ...rule, nowMs }))._unsafeUnwrap()).toBe(1);
    });

    it('gives several sweepers different tasks', async () => {
      const { bench, history, add, end, idsOf } = await createHistoryBench(dialect);
      await using _ = bench;
      for (let count = 0; count < 60; count += 1) await end(await add());
      const rule = { status: 'completed', endedBeforeMs: nowMs, nowMs, limit: 20 } as const;
      const swept = await Promise.all([rule, rule, rule].map((each) => history.sweep(each)));

      expect(swept.map((each) => each._unsafeUnwrap())).toEqual([20, 20, 20]);
      expect(await idsOf()).toEqual([]);
    });
  });
};
