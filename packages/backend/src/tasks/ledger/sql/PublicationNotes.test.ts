import { describe, expect, it } from 'bun:test';
import { TaskId } from '../../domain/TaskId';
import { createPublicationNotes } from './PublicationNotes';

describe('createPublicationNotes', () => {
  it('keeps nothing of what was written', async () => {
    const answers: WeakRef<object>[] = [];
    const write = async (): Promise<object> => {
      const answer = { text: 'x'.repeat(1000) };
      answers.push(new WeakRef(answer));
      return answer;
    };
    const notes = createPublicationNotes({ write, delayMs: 60_000 });
    for (let flushes = 0; flushes < 100; flushes += 1) {
      notes.add(TaskId());
      await notes.settled();
    }
    Bun.gc(true);

    expect(answers.filter((answer) => answer.deref() !== undefined).length).toBeLessThan(50);
  });
});
