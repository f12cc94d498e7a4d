import "../../../ui/tokens.css";
import { QueryClient, QueryClientProvider } from "@tanstack/preact-query";
import { render } from "preact";
import { LocationProvider } from "preact-iso";
import { useState } from "preact/hooks";
import { Button } from "../../../ui/base/button.tsx";
import { LeaveGuard } from "../../../ui/base/leaving.tsx";
import { Tabs, useTab } from "../../../ui/base/tabs.tsx";
import { Toasts } from "../../../ui/base/toasts.tsx";
import { PageHead } from "../../../ui/shell/pageHead.tsx";
import { ChartsOfGallery } from "./charts.tsx";
import { DialogsOfGallery, GuardedForm } from "./forms.tsx";
import { ListOfGallery } from "./list.tsx";

/** Every shared piece of the UI on one page, for `test/e2e/kit.test.ts`; no screen has them all. */

const tabs = [
  { name: "list", label: "List", count: 3 },
  { name: "charts", label: "Charts" },
  { name: "forms", label: "Forms" },
];

function Gallery() {
  const tab = useTab(tabs);
  const [open, setOpen] = useState(false);
  return (
    <>
      <PageHead
        title="The kit"
        trail={[{ label: "Above", href: "/above" }]}
        facts="Every piece, once."
        actions={
          <Button look="primary" onClick={() => setOpen(true)}>
            Allocate credits
          </Button>
        }
      />
      <Tabs label="Parts" tabs={tabs} />
      {tab === "list" && <ListOfGallery />}
      {tab === "charts" && <ChartsOfGallery />}
      {tab === "forms" && <GuardedForm />}
      <DialogsOfGallery open={open} onClose={() => setOpen(false)} />
    </>
  );
}

render(
  <QueryClientProvider client={new QueryClient({ defaultOptions: { queries: { retry: false } } })}>
    <LocationProvider>
      <main class="min-w-0 px-4 py-5 lg:px-8">
        <Gallery />
        <div id="overlays" />
        <LeaveGuard />
        <Toasts />
      </main>
    </LocationProvider>
  </QueryClientProvider>,
  document.querySelector("#app")!,
);
