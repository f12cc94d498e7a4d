import { buttonClass } from "../base/button.tsx";
import { Empty } from "../base/states.tsx";
import { LinkIcon } from "../base/icons.tsx";
import { PageHead } from "./pageHead.tsx";

export function PageNotFound() {
  return (
    <>
      <PageHead title="Page not found" />
      <div class="rounded-card border border-line bg-surface shadow-card">
        <Empty
          icon={<LinkIcon />}
          title="Nothing is at this address"
          text="The link may be old or mistyped."
        >
          <a href="/" class={buttonClass()}>
            Go to the overview
          </a>
        </Empty>
      </div>
    </>
  );
}
