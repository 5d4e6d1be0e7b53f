import { type SandboxedJob } from 'bullmq';
import { benchmarkPayloadSchema, handlePayload } from '../contestants/BenchmarkPayload';
import { type PlainJobData } from '../contestants/bullmqContestant';

/** What BullMQ's processes do with a job: the same work. */
export default async ({ data }: SandboxedJob<PlainJobData>) =>
  handlePayload(benchmarkPayloadSchema.parse(data.payload));
