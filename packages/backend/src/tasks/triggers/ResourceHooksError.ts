/** Hooks or triggers are wrong; the message names every problem. Thrown by `composeHooks` and `createTaskTriggerHooks`. */
export class ResourceHooksError extends Error {
  override readonly name = 'ResourceHooksError';
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super(
      `the resource hooks have ${problems.length} problem(s):\n${problems.map((line) => `  - ${line}`).join('\n')}`,
    );
    this.problems = problems;
  }
}
