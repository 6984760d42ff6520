// Redoc over our own document. Its search wants a worker made of a blob, which the content policy does not allow; the browser's own search does.
window.Redoc.init('/openapi.json', { disableSearch: true, hideDownloadButton: false, nativeScrollbars: true }, document.getElementById('docs'));
