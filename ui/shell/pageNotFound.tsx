import { buttonClass } from "../base/button.tsx";
import { Empty } from "../base/states.tsx";
import { LinkIcon } from "../base/icons.tsx";
import { PageHead } from "./pageHead.tsx";
import { shell } from "../strings/shell.ts";

export function PageNotFound() {
  return (
    <>
      <PageHead title={shell.pageNotFound} />
      <div class="rounded-card border border-line bg-surface shadow-card">
        <Empty icon={<LinkIcon />} title={shell.nothingHere} text={shell.nothingHereText}>
          <a href="/" class={buttonClass()}>
            {shell.goToTheOverview}
          </a>
        </Empty>
      </div>
    </>
  );
}
