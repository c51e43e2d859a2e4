(add-to-list 'load-path "/path/to/image-scripts-ls/editors/emacs")
(require 'image-scripts)
(image-scripts-global-mode)
