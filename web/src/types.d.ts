// Modules that exist only inside the bundler.

declare module "virtual:pong-wasm" {
    /** Address of the compiled rules, or "" when the build was told to leave them out. */
    const url: string;
    export default url;
}

declare module "*.css";
