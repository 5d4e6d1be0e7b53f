import { describe, expect, it } from 'bun:test';
import { createShutdown } from './Shutdown';

const setup = () => {
  const heard: string[] = [];
  const shutdown = createShutdown();
  const listen = (name: string) => shutdown.onBegin(() => heard.push(name));
  return { shutdown, heard, listen };
};

describe('createShutdown', () => {
  it('tells everybody who listens, once', () => {
    const { shutdown, heard, listen } = setup();
    listen('one');
    listen('two');
    const before = [...heard];
    shutdown.begin();
    shutdown.begin();

    expect(before).toEqual([]);
    expect(heard).toEqual(['one', 'two']);
  });

  it('tells at once who comes later', () => {
    const { shutdown, heard, listen } = setup();
    shutdown.begin();
    listen('late');

    expect(heard).toEqual(['late']);
  });

  it('tells nobody who has ended the listening, not even from a listener before', () => {
    const { shutdown, heard, listen } = setup();
    const ends: (() => void)[] = [];
    shutdown.onBegin(() => {
      for (const end of ends) end();
    });
    ends.push(listen('one'), listen('two'));
    shutdown.begin();

    expect(heard).toEqual([]);
  });
});
