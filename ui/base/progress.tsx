/** A bar with its step and percent. `percent` is 0 to 100. */
export function Progress({ name, step, percent }: { name: string; step: string; percent: number }) {
  return (
    <div>
      <div class="flex items-baseline justify-between gap-3 text-12">
        <span class="min-w-0 truncate text-ink-2">{step}</span>
        <span class="font-medium tabular-nums">{percent}%</span>
      </div>
      <div
        role="progressbar"
        aria-label={name}
        aria-valuemin={0}
        aria-valuemax={100}
        aria-valuenow={percent}
        aria-valuetext={`${percent} %, ${step}`}
        class="mt-1.5 h-1.5 overflow-hidden rounded-full bg-press"
      >
        <div
          class="h-full rounded-full bg-accent-dot transition-[width] duration-150 motion-reduce:transition-none"
          style={{ width: `${percent}%` }}
        />
      </div>
    </div>
  );
}
