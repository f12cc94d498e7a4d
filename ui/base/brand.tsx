import { kit } from "../strings/kit.ts";

/** The mark, two streams that become one, and the name. */
export function Brand() {
  return (
    <span class="flex h-8 items-center gap-2 text-14 font-semibold">
      <svg class="size-5" viewBox="0 0 20 20" aria-hidden="true">
        <rect width="20" height="20" rx="5" class="fill-ink" />
        <path
          d="M4.500 6H7c3 0 3 4 6 4h2.500M4.500 14H7c3 0 3-4 6-4"
          class="fill-none stroke-canvas"
          stroke-width="1.800"
          stroke-linecap="round"
        />
      </svg>
      {kit.brand}
    </span>
  );
}
