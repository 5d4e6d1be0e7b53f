import { describe, expect, it } from 'bun:test';
import { parseClientList } from './WorkerPresence';

const nameOf = (queueName: string, suffix: string, prefix = 'drover'): string =>
  `${prefix}:${Buffer.from(queueName).toString('base64')}${suffix}`;

const lineOf = (id: number, name: string): string =>
  `id=${id} addr=10.0.0.7:5000${id} laddr=10.0.0.1:6379 fd=8 name=${name} age=${id * 10} idle=0 flags=b db=0 cmd=bzpopmin`;

describe('parseClientList', () => {
  it('finds the workers of each task', () => {
    const list = [
      lineOf(1, nameOf('{emails.send}', ':w:mail-1')),
      lineOf(2, nameOf('{emails.send}', ':w:mail:2')),
      lineOf(3, nameOf('{users.send-welcome-email}', ':w:mail-1')),
      lineOf(4, ''),
      '',
    ].join('\n');

    expect([...parseClientList(list, 'drover')]).toEqual([
      [
        'emails:send',
        [
          { connectionId: '1', workerId: 'mail-1', address: '10.0.0.7:50001', ageSeconds: 10 },
          { connectionId: '2', workerId: 'mail:2', address: '10.0.0.7:50002', ageSeconds: 20 },
        ],
      ],
      [
        'users:send-welcome-email',
        [{ connectionId: '3', workerId: 'mail-1', address: '10.0.0.7:50003', ageSeconds: 30 }],
      ],
    ]);
  });

  it('counts a worker without a name', () => {
    const presence = parseClientList(lineOf(1, nameOf('{emails.send}', '')), 'drover');

    expect(presence.get('emails:send')?.map(({ workerId }) => workerId)).toEqual(['']);
  });

  it.each([
    ['another prefix', nameOf('{emails.send}', ':w:1', 'other')],
    ['a prefix that begins like ours', nameOf('{emails.send}', ':w:1', 'drover2')],
    ['a listener of events', nameOf('{emails.send}', ':qe')],
    ['something that is no queue', 'drover:%%%'],
    ['no name', ''],
  ])('leaves out %s', (_what, name) => {
    expect(parseClientList(lineOf(1, name), 'drover').size).toBe(0);
  });

  it('finds nobody in an empty list', () => {
    expect(parseClientList('', 'drover').size).toBe(0);
  });
});
