import {
  AlwaysOffSampler,
  AlwaysOnSampler,
  ParentBasedSampler,
  type Sampler,
  TraceIdRatioBasedSampler,
} from "@opentelemetry/sdk-trace";

/**
 * The sampler that OTEL_TRACES_SAMPLER names; for others, and by default, every request whose caller does not say
 * otherwise.
 *
 * @param argument OTEL_TRACES_SAMPLER_ARG: a share from 0 to 1
 */
export function samplerFor(name: string | undefined, argument: string | undefined): Sampler {
  const ratio = () => new TraceIdRatioBasedSampler(shareOf(argument));
  switch (name) {
    case "always_on":
      return new AlwaysOnSampler();
    case "always_off":
      return new AlwaysOffSampler();
    case "traceidratio":
      return ratio();
    case "parentbased_always_off":
      return new ParentBasedSampler({ root: new AlwaysOffSampler() });
    case "parentbased_traceidratio":
      return new ParentBasedSampler({ root: ratio() });
    default:
      return new ParentBasedSampler({ root: new AlwaysOnSampler() });
  }
}

function shareOf(argument: string | undefined): number {
  const share = Number(argument ?? 1);
  return share >= 0 && share <= 1 ? share : 1;
}
