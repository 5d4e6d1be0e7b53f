import { describe, expect, it } from 'bun:test';
import { sampleEnd, sampleEntry } from '../__fixtures__/LedgerBench';
import { createWriterBench, idempotent } from '../__fixtures__/WriterBench';
import { toTransaction } from '../SqlTransaction';

describe('a transaction that answers no rows to whatever it is asked', () => {
  it('is refused, and not taken for one that has written', async () => {
    await using bench = await createWriterBench('sqlite');
    const { executor } = toTransaction({ query: async () => [] }, 'sqlite')._unsafeUnwrap();
    const completed = { ...sampleEnd(sampleEntry().id), value: 1 };
    const answers = [
      await bench.writer.insertWithin(executor, sampleEntry()),
      await bench.writer.insertWithin(executor, sampleEntry({ key: idempotent('k') })),
      await bench.writer.completeWithin(executor, completed),
    ];

    expect(answers.map((answer) => answer._unsafeUnwrapErr())).toMatchObject(
      answers.map(() => ({
        code: 'ledger-refused',
        message: "expected the transaction's query to answer the rows that its statement returns, got none",
      })),
    );
  });
});
