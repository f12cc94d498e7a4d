import "./tokens.css";
import { render } from "preact";
import { App } from "./app.tsx";
import { preloadAhead } from "./screens/preload.ts";

preloadAhead();

render(<App />, document.querySelector("#app")!);
