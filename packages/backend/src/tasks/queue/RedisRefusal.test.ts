import { describe, expect, it } from 'bun:test';
import { isRefusal } from './RedisRefusal';

const reply = (message: string): Error => Object.assign(new Error(message), { name: 'ReplyError' });

describe('isRefusal', () => {
  it.each([
    [true, 'full memory', reply("OOM command not allowed when used memory > 'maxmemory'.")],
    [true, 'a replica', reply("READONLY You can't write against a read only replica.")],
    [true, 'a server that loads', reply('LOADING Redis is loading the dataset in memory')],
    [true, 'a script that was refused', reply('ERR Error running script: @user_script:5: -OOM not allowed')],
    [false, 'a wrong command', reply("ERR unknown command 'FOO'")],
    [false, 'an error of this process that sounds alike', new Error('OOM')],
    [
      false,
      'a broken connection',
      Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' }),
    ],
    [false, 'what is no error', { name: 'ReplyError', message: 'OOM' }],
  ])('is %p for %s', (answer, _what, error) => {
    expect(isRefusal(error)).toBe(answer);
  });
});
