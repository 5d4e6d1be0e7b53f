import { describe, expect, it } from 'bun:test';
import { EventEmitter, once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { type Random } from '../plan/Random';
import { createFaultProxy, type FaultProxy } from './FaultProxy';

/** A server in the place of Redis: answers every chunk with itself. */
const startServer = async () => {
  const sockets = new Set<Socket>();
  const chunks: Buffer[] = [];
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.setNoDelay(true);
    socket.on('error', () => sockets.delete(socket));
    socket.on('close', () => sockets.delete(socket));
    socket.on('data', (chunk: Buffer) => {
      chunks.push(chunk);
      socket.write(chunk);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo; // it listens on a port
  return {
    port,
    /** Everything that has reached it. */
    received: () => Buffer.concat(chunks).toString(),
    cutAll: () => {
      for (const socket of sockets) socket.destroy();
    },
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
    },
  };
};

/** A server whose side of each connection is in the hands of the test. */
const startSilentServer = async () => {
  const accepted: Socket[] = [];
  const server = createServer((socket) => {
    socket.on('error', () => undefined);
    accepted.push(socket);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port, // it listens on a port
    /** The next connection. */
    accept: async (): Promise<Socket> => {
      if (accepted.length === 0) await once(server, 'connection');
      const socket = accepted.shift();
      if (socket === undefined) throw new Error('expected a connection, got none');
      return socket;
    },
    [Symbol.asyncDispose]: async () => {
      for (const socket of accepted) socket.destroy();
      server.close();
    },
  };
};

/** Somebody who talks to a port. Resolves when connected, rejects when refused. */
const openClient = async (port: number) => {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true });
  await once(socket, 'connect');
  const chunks: Buffer[] = [];
  let isClosed = false;
  socket.on('error', () => undefined);
  socket.on('data', (chunk: Buffer) => chunks.push(chunk));
  const closed = new Promise<void>((resolve) => {
    socket.on('close', () => {
      isClosed = true;
      resolve();
    });
  });
  const received = () => Buffer.concat(chunks);
  /** Resolves when it has received so many bytes in all; rejects when the connection is closed before. */
  const receives = async (size: number): Promise<void> => {
    while (received().length < size) {
      if (isClosed) throw new Error('expected an answer, the connection was closed');
      await Promise.race([once(socket, 'data'), closed]);
    }
  };
  return {
    closed,
    isClosed: () => isClosed,
    received: () => received().toString(),
    send: (data: string) => socket.write(data),
    end: () => socket.end(),
    receives,
    /** Sends, and resolves with as many bytes as an echo has. */
    exchange: async (data: string | Buffer): Promise<Buffer> => {
      const from = received().length;
      const size = from + Buffer.byteLength(data);
      socket.write(data);
      await receives(size);
      return received().subarray(from, size);
    },
    [Symbol.dispose]: () => socket.destroy(),
  };
};

/** A server, a proxy before it, and whoever is connected to it. */
const setup = async () => {
  await using stack = new AsyncDisposableStack();
  const server = stack.use(await startServer());
  const proxy = stack.use(await createFaultProxy(server.port));
  const owned = stack.move();
  return {
    server,
    proxy,
    open: async () => owned.use(await openClient(proxy.port)),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
};

/** Draws the same number again and again; counts how often. */
const setupRandom = (drawn: number) => {
  let drawCount = 0;
  const random: Random = {
    integer: () => {
      drawCount += 1;
      return drawn;
    },
    pick: () => {
      throw new Error('expected nothing to be picked');
    },
  };
  return { random, drawCount: () => drawCount };
};

/** A network of this latency, and a way to wait until so many packets are on their way. */
const worsenWith = (proxy: FaultProxy, latencyMs: number) => {
  const arrivals = new EventEmitter();
  let arrivedCount = 0;
  const { random } = setupRandom(100);
  const integer = (...range: Parameters<Random['integer']>): number => {
    arrivedCount += 1;
    arrivals.emit('packet');
    return random.integer(...range);
  };
  proxy.worsen({ latencyMs, resetPercent: 0, random: { ...random, integer }, onReset: () => undefined });
  return {
    arrive: async (count: number): Promise<void> => {
      while (arrivedCount < count) await once(arrivals, 'packet');
    },
  };
};

const isSet = (request: Buffer): boolean => request.includes('SET');

describe('createFaultProxy', () => {
  it('passes bytes on, both ways', async () => {
    await using world = await setup();
    const client = await world.open();
    const bytes = Buffer.from(crypto.getRandomValues(new Uint8Array(65_536)));

    for (let round = 0; round < 5; round += 1) {
      expect((await client.exchange(bytes)).equals(bytes)).toBe(true);
    }
  });

  it('answers each connection with what it asked for', async () => {
    await using world = await setup();
    const [one, other] = [await world.open(), await world.open()];

    await Promise.all([one.exchange('one'), other.exchange('other')]);

    expect([one.received(), other.received()]).toEqual(['one', 'other']);
  });

  it('closes a connection when Redis does', async () => {
    await using world = await setup();
    const client = await world.open();
    await client.exchange('hello');

    world.server.cutAll();

    await client.closed;
    expect(client.received()).toBe('hello');
  });

  it('closes the connection to Redis when the other side does', async () => {
    await using redis = await startSilentServer();
    await using proxy = await createFaultProxy(redis.port);
    using client = await openClient(proxy.port);
    const socket = await redis.accept();

    client.end();

    await once(socket, 'close');
  });

  it('cuts connections and refuses new ones once it is disposed of', async () => {
    await using world = await setup();
    const client = await world.open();
    await client.exchange('hello');

    await world.proxy[Symbol.asyncDispose]();

    await client.closed;
    expect(await world.open().catch(({ code }) => code)).toBe('ECONNREFUSED');
  });

  describe('shut', () => {
    it('cuts connections and refuses new ones', async () => {
      await using world = await setup();
      const client = await world.open();
      await client.exchange('hello');

      world.proxy.shut();

      await client.closed;
      expect(await world.open().catch(({ code }) => code)).toBe('ECONNREFUSED');
    });

    it('lets open listen again on the same port', async () => {
      await using world = await setup();
      world.proxy.shut();

      await world.proxy.open();

      const client = await world.open();
      expect(String(await client.exchange('hello'))).toBe('hello');
    });

    it('can be followed by open again and again', async () => {
      await using world = await setup();

      for (const text of ['one', 'two', 'three']) {
        world.proxy.shut();
        world.proxy.shut();
        await world.proxy.open();
        await world.proxy.open();
        expect(String(await (await world.open()).exchange(text))).toBe(text);
      }
    });
  });

  describe('open', () => {
    it('changes nothing for connections that there are', async () => {
      await using world = await setup();
      const client = await world.open();

      await world.proxy.open();

      expect(String(await client.exchange('hello'))).toBe('hello');
    });
  });

  describe('loseReply', () => {
    it('lets the n-th command that matches reach Redis, and cuts its connection before the reply', async () => {
      await using world = await setup();
      const client = await world.open();
      const lost = world.proxy.loseReply({ matches: isSet, nth: 2 });
      for (const request of ['SET 1;', 'GET 1;']) await client.exchange(request);

      client.send('SET 2;');

      await Promise.all([lost, client.closed]);
      expect(client.received()).toBe('SET 1;GET 1;');
      expect(world.server.received()).toBe('SET 1;GET 1;SET 2;');
    });

    it('counts commands of all connections, and cuts one of them', async () => {
      await using world = await setup();
      const [one, other] = [await world.open(), await world.open()];
      const lost = world.proxy.loseReply({ matches: isSet, nth: 2 });
      await one.exchange('SET 1;');

      other.send('SET 2;');

      await Promise.all([lost, other.closed]);
      expect(String(await one.exchange('SET 3;'))).toBe('SET 3;');
    });

    it('loses one reply and no more', async () => {
      await using world = await setup();
      const client = await world.open();
      const lost = world.proxy.loseReply({ matches: isSet, nth: 1 });
      client.send('SET 1;');
      await Promise.all([lost, client.closed]);

      const next = await world.open();

      expect(String(await next.exchange('SET 2;'))).toBe('SET 2;');
      expect(String(await next.exchange('SET 3;'))).toBe('SET 3;');
    });

    it('does not resolve as long as no such command comes', async () => {
      await using world = await setup();
      const client = await world.open();
      const lost = world.proxy.loseReply({ matches: isSet, nth: 2 });

      for (const request of ['SET 1;', 'GET 1;', 'GET 2;']) await client.exchange(request);

      expect(await Promise.race([lost.then(() => 'lost'), 'not lost'])).toBe('not lost');
    });

    it('takes no earlier reply for that of a command that is still on its way', async () => {
      await using redis = await startSilentServer();
      await using proxy = await createFaultProxy(redis.port);
      using client = await openClient(proxy.port);
      const socket = await redis.accept();
      const requests: Buffer[] = [];
      socket.on('data', (chunk: Buffer) => requests.push(chunk));
      const { arrive } = worsenWith(proxy, 60);
      const lost = proxy.loseReply({ matches: isSet, nth: 1 });

      client.send('SET 1;');
      await arrive(1);
      socket.write('reply to what was asked before');
      await arrive(2);

      await Promise.all([lost, client.closed]);
      expect(String(Buffer.concat(requests))).toBe('SET 1;');
      expect(client.received()).toBe('');
    });

    it('loses the reply of the next such command when the connection of the n-th breaks before its reply', async () => {
      await using redis = await startSilentServer();
      await using proxy = await createFaultProxy(redis.port);
      const lost = proxy.loseReply({ matches: isSet, nth: 2 });
      /** Sends, and cuts the connection once Redis has it. */
      const breakAfter = async (request: string): Promise<void> => {
        using client = await openClient(proxy.port);
        const socket = await redis.accept();
        client.send(request);
        await once(socket, 'data');
        socket.destroy();
        await client.closed;
      };
      for (const request of ['SET 1;', 'SET 2;', 'SET 3;', 'GET 1;']) await breakAfter(request);
      expect(await Promise.race([lost.then(() => 'lost'), 'not lost'])).toBe('not lost');

      using client = await openClient(proxy.port);
      const socket = await redis.accept();
      client.send('SET 4;');
      await once(socket, 'data');
      socket.write('OK');

      await Promise.all([lost, client.closed]);
      expect(client.received()).toBe('');
    });

    it('loses no second reply when its connection has broken', async () => {
      await using world = await setup();
      const client = await world.open();
      const lost = world.proxy.loseReply({ matches: isSet, nth: 1 });
      client.send('SET 1;');
      await Promise.all([lost, client.closed]);
      world.proxy.shut();
      await world.proxy.open();

      expect(String(await (await world.open()).exchange('SET 2;'))).toBe('SET 2;');
    });

    it('loses the replies of two kinds of commands, each in its turn', async () => {
      await using world = await setup();
      const [one, other] = [await world.open(), await world.open()];
      const lostSet = world.proxy.loseReply({ matches: isSet, nth: 1 });
      const lostGet = world.proxy.loseReply({ matches: (request) => request.includes('GET'), nth: 1 });

      one.send('SET 1;');
      await Promise.all([lostSet, one.closed]);
      other.send('GET 1;');
      await Promise.all([lostGet, other.closed]);

      expect(world.server.received()).toBe('SET 1;GET 1;');
    });
  });

  describe('holdRequest', () => {
    it('keeps the n-th command that matches from Redis, and all that follows on its connection', async () => {
      await using world = await setup();
      const [one, other] = [await world.open(), await world.open()];
      const holding = world.proxy.holdRequest({ matches: isSet, nth: 2, patienceMs: 5000 });
      await one.exchange('SET 1');
      one.send('SET 2');
      expect(String(await holding)).toBe('SET 2');
      one.send('GET 3');
      await other.exchange('SET 4');

      expect(world.server.received()).toBe('SET 1SET 4');
      expect([one.received(), one.isClosed()]).toEqual(['SET 1', false]);
    });

    it('holds none when none has come for so long', async () => {
      await using world = await setup();
      const client = await world.open();

      expect(await world.proxy.holdRequest({ matches: isSet, nth: 1, patienceMs: 1 })).toBe(undefined);
      await client.exchange('SET 1');
    });
  });

  describe('worsen', () => {
    const latencyMs = 60;
    /** Timers may fire so much too early; milliseconds. */
    const TIMER_SLACK_MS = 2;

    it('delays what is asked and what is answered', async () => {
      await using world = await setup();
      const client = await world.open();
      const { random } = setupRandom(100);
      world.proxy.worsen({ latencyMs, resetPercent: 0, random, onReset: () => undefined });
      const startedAtMs = performance.now();

      await client.exchange('hello');

      expect(performance.now() - startedAtMs).toBeGreaterThanOrEqual(2 * latencyMs - TIMER_SLACK_MS);
    });

    it('keeps packets in order', async () => {
      await using world = await setup();
      const client = await world.open();
      const { random } = setupRandom(100);
      world.proxy.worsen({ latencyMs: 5, resetPercent: 0, random, onReset: () => undefined });
      const packets = Array.from({ length: 50 }, (_, index) => `packet ${index};`);

      for (const packet of packets.slice(0, -1)) {
        client.send(packet);
        await Bun.sleep(0); // a packet of its own
      }
      client.send(packets.at(-1) ?? '');
      await client.receives(packets.join('').length);

      expect(client.received()).toBe(packets.join(''));
    });

    it.each([
      [5, 'cuts'],
      [6, 'leaves'],
    ])('asks the seed: with 5 %% and a draw of %i it %s a connection', async (drawn, what) => {
      await using world = await setup();
      const client = await world.open();
      await client.exchange('before;');
      const { random } = setupRandom(drawn);
      let resetCount = 0;
      const onReset = () => {
        resetCount += 1;
      };
      world.proxy.worsen({ latencyMs: 0, resetPercent: 5, random, onReset });

      await Promise.race([client.exchange('after;').catch(() => undefined), client.closed]);

      expect({ received: client.received(), resetCount }).toEqual(
        what === 'cuts'
          ? { received: 'before;', resetCount: 1 }
          : { received: 'before;after;', resetCount: 0 },
      );
    });

    it('cuts no other connection than that of the packet', async () => {
      await using world = await setup();
      const [one, other] = [await world.open(), await world.open()];
      await Promise.all([one.exchange('before;'), other.exchange('before;')]);
      const { random } = setupRandom(1);
      const end = world.proxy.worsen({ latencyMs: 0, resetPercent: 100, random, onReset: () => undefined });
      one.send('after;');
      await one.closed;
      end();

      expect(String(await other.exchange('after;'))).toBe('after;');
    });

    it('ends when it is told to', async () => {
      await using world = await setup();
      const client = await world.open();
      const { random, drawCount } = setupRandom(1);
      const end = world.proxy.worsen({
        latencyMs: 60_000,
        resetPercent: 100,
        random,
        onReset: () => undefined,
      });

      end();

      expect(String(await client.exchange('hello'))).toBe('hello');
      expect(drawCount()).toBe(0);
    });
  });

  describe('swallow', () => {
    it('leaves connections of its time silent for ever, and never closes them', async () => {
      await using world = await setup();
      const old = await world.open();
      await old.exchange('before;');
      const end = world.proxy.swallow();
      const young = await world.open();
      old.send('swallowed;');
      young.send('swallowed;');

      end();
      old.send('swallowed too;');
      young.send('swallowed too;');
      await (await world.open()).exchange('after;');
      // Nobody hears of the end of the other side either.
      world.server.cutAll();
      await (await world.open()).exchange('later;');

      expect(world.server.received()).toBe('before;after;later;');
      expect([old.received(), young.received()]).toEqual(['before;', '']);
      expect([old.isClosed(), young.isClosed()]).toEqual([false, false]);
    });

    it('swallows the answer of what was asked before', async () => {
      await using redis = await startSilentServer();
      await using proxy = await createFaultProxy(redis.port);
      using client = await openClient(proxy.port);
      const socket = await redis.accept();
      client.send('asked');
      await once(socket, 'data');

      const end = proxy.swallow();
      socket.write('answered');
      end();
      using next = await openClient(proxy.port);
      (await redis.accept()).end('hello');
      await next.closed;

      expect([client.received(), next.received()]).toEqual(['', 'hello']);
    });

    it('lets connections work that are made when it is over', async () => {
      await using world = await setup();

      world.proxy.swallow()();

      const client = await world.open();
      expect(String(await client.exchange('hello'))).toBe('hello');
    });

    it('does not keep shut from cutting its connections', async () => {
      await using world = await setup();
      const client = await world.open();
      await client.exchange('hello');
      world.proxy.swallow();

      world.proxy.shut();

      await client.closed;
    });

    it.each<[string, (proxy: FaultProxy) => unknown]>([
      ['shut', (proxy) => proxy.shut()],
      ['disposed of', (proxy) => proxy[Symbol.asyncDispose]()],
    ])('leaves a connection whose other side has ended silent until the proxy is %s', async (_how, end) => {
      await using world = await setup();
      const client = await world.open();
      await client.exchange('hello');
      world.proxy.swallow()();
      world.server.cutAll();
      await (await world.open()).exchange('later'); // the proxy knows of the end by then
      expect(client.isClosed()).toBe(false);

      await end(world.proxy);

      await client.closed;
    });

    it('leaves the connection to Redis open of one who has gone, until the proxy is shut', async () => {
      await using redis = await startSilentServer();
      await using proxy = await createFaultProxy(redis.port);
      using client = await openClient(proxy.port);
      const socket = await redis.accept();
      let isClosed = false;
      const closed = once(socket, 'close').then(() => {
        isClosed = true;
      });
      proxy.swallow()();
      client.end();
      await client.closed;
      using next = await openClient(proxy.port);
      (await redis.accept()).end('hello');
      await next.closed;
      expect(isClosed).toBe(false);

      proxy.shut();

      await closed;
    });
  });
});
