import { SQL } from 'bun';
import { type ConnectClient } from './testWithinTransaction';

/** Connects with `Bun.SQL`. */
export const createBunClient: ConnectClient = async (url) => {
  const sql = url.startsWith('sqlite:')
    ? new SQL({ adapter: 'sqlite', filename: url.slice('sqlite://'.length) })
    : new SQL(url, { max: 2 });
  return {
    transaction: (work) => sql.begin((transaction) => work(transaction, (text) => transaction.unsafe(text))),
    [Symbol.asyncDispose]: () => sql.close(),
  };
};
