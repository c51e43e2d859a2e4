;;; image-scripts.el --- Language server for container image scripts  -*- lexical-binding: t; -*-

;; SPDX-License-Identifier: MIT OR Apache-2.0
;; Version: 0.2.0
;; URL: https://example.org/image-scripts-ls
;; Package-Requires: ((emacs "28.1") (eglot "1.9"))
;; Keywords: languages, tools

;;; Commentary:

;; Makes Eglot use image-scripts-ls for the files of vpsAdminOS
;; checkouts that it reads, and for no others:
;;
;;     (require 'image-scripts)
;;     (image-scripts-global-mode)
;;
;; All features of Eglot work: findings (Flymake), hover (ElDoc),
;; completion, definitions and references (Xref), code actions, rename.
;; In addition, `image-scripts-new', `image-scripts-retire' and
;; `image-scripts-rename' change a checkout as a whole.  They show the
;; change, ask for confirmation, and make it.
;;
;; Eglot has one server per buffer.  In files that match
;; `image-scripts--known-files' it is this one, instead of the server that
;; you may use for shell scripts or Nix; other files of the checkout keep
;; that server.

;;; Code:

(require 'cl-lib)
(require 'eglot)
(require 'project)
(require 'seq)
(require 'subr-x)

(defgroup image-scripts nil
  "Container image scripts of vpsAdminOS."
  :group 'tools)

(defcustom image-scripts-command '("image-scripts-ls")
  "The language server: a program and its arguments."
  :type '(repeat string))

;;;; Checkouts and their files

(defconst image-scripts--known-files
  (rx bos (or (seq (or "image-scripts/" "images/" "include/" "builders/") (+ nonl))
              (seq "os/configs/" (+ (not (any "/\n"))) ".nix")
              (seq "tests/" (or "distributions" "all-tests") ".nix")
              (seq "tests/suite/" (+ nonl) ".nix")
              ".image-scripts.toml")
      eos)
  "Regexp for the files that the server reads, by path from the root.")

(defconst image-scripts--modes
  '((sh-mode :language-id "shellscript")
    (bash-ts-mode :language-id "shellscript")
    (nix-mode :language-id "nix")
    (nix-ts-mode :language-id "nix")
    (image-scripts-nix-mode :language-id "nix")
    (conf-toml-mode :language-id "toml")
    (toml-mode :language-id "toml")
    (toml-ts-mode :language-id "toml"))
  "Major modes of the files that the server reads.
The format is that of `eglot-server-programs'.")

(defun image-scripts--layout (directory)
  "Return the layout of the checkout that has its root at DIRECTORY, or nil.
The rule is that of the server: `layout_of' in
server/crates/checkout/src/root.rs."
  (cl-flet ((directory-p (path) (file-directory-p (expand-file-name path directory)))
            (file-p (path) (file-regular-p (expand-file-name path directory))))
    (cond
     ((and (directory-p "image-scripts/images")
           (or (file-p "os/configs/image-repository.nix")
               (directory-p "image-scripts/include")))
      'whole)
     ;; Before 2023 the scripts were a repository of their own.  All three are required, because
     ;; other projects have directories called `images' too.
     ((and (directory-p "images") (directory-p "builders") (file-p "include/common.sh"))
      'scripts-only))))

(defun image-scripts-root (&optional path)
  "Return the root of the checkout around PATH, or nil.
PATH defaults to the directory of the current buffer."
  (when-let* ((root (locate-dominating-file (or path default-directory)
                                            #'image-scripts--layout)))
    ;; `image-scripts' of a whole checkout looks like a checkout of the scripts only.
    (let ((parent (file-name-directory (directory-file-name root))))
      (if (and parent (eq (image-scripts--layout parent) 'whole))
          parent
        root))))

(cl-defmethod project-root ((project (head image-scripts)))
  "Return the root of PROJECT, which is a checkout."
  (cdr project))

(defun image-scripts--project (directory)
  "Return the checkout around DIRECTORY as a project, for Eglot only."
  (when-let ((root (and (bound-and-true-p eglot-lsp-context)
                        (image-scripts-root directory))))
    (cons 'image-scripts (expand-file-name root))))

;;;; A mode for Nix, where none is installed

(define-derived-mode image-scripts-nix-mode prog-mode "Nix"
  "Major mode for Nix files of a checkout if no other one is installed."
  :syntax-table (let ((table (make-syntax-table)))
                  (modify-syntax-entry ?# "<" table)
                  (modify-syntax-entry ?\n ">" table)
                  (dolist (char '(?- ?_ ?'))
                    (modify-syntax-entry char "_" table))
                  table)
  (setq-local comment-start "# "
              comment-start-skip "#+ *"
              indent-tabs-mode nil
              font-lock-defaults
              `((,(rx symbol-start (or "with" "let" "in" "inherit" "rec" "if" "then" "else"
                                       "import")
                      symbol-end)))))

(defun image-scripts--choose-nix-mode ()
  "Choose the major mode of a Nix file that no installed mode claims.
Outside a checkout that is the default mode."
  (if (image-scripts-root)
      (image-scripts-nix-mode)
    (set-buffer-major-mode (current-buffer))))

;;;; Minor modes

(define-minor-mode image-scripts-mode
  "Make Eglot use image-scripts-ls in this buffer.
`image-scripts-global-mode' enables this in files that the server reads."
  :lighter nil
  (cond
   (image-scripts-mode
    (setq-local eglot-server-programs
                (cons (cons image-scripts--modes
                            (cons 'image-scripts-server image-scripts-command))
                      eglot-server-programs))
    ;; Before version control, whose root may be a different one.
    (add-hook 'project-find-functions #'image-scripts--project -90 t))
   (t
    (kill-local-variable 'eglot-server-programs)
    (remove-hook 'project-find-functions #'image-scripts--project t))))

(defvar image-scripts--missing-reported nil
  "Non-nil once the user was told that the server is missing.")

(defun image-scripts--turn-on ()
  "Enable `image-scripts-mode' and Eglot in files for the server."
  (when-let* ((file buffer-file-name)
              ((apply #'derived-mode-p (mapcar #'car image-scripts--modes)))
              (root (image-scripts-root (file-name-directory file)))
              ((string-match-p image-scripts--known-files (file-relative-name file root))))
    (cond
     ((executable-find (car image-scripts-command) t)
      (image-scripts-mode)
      (eglot-ensure))
     ((not image-scripts--missing-reported)
      (setq image-scripts--missing-reported t)
      (message "`%s' is not in PATH: install it, or set `image-scripts-command'"
               (car image-scripts-command))))))

;;;###autoload
(define-globalized-minor-mode image-scripts-global-mode
  image-scripts-mode image-scripts--turn-on
  :group 'image-scripts
  ;; At the end, so that an installed mode for Nix comes first.
  (if image-scripts-global-mode
      (add-to-list 'auto-mode-alist '("\\.nix\\'" . image-scripts--choose-nix-mode) t)
    (setq auto-mode-alist
          (rassq-delete-all #'image-scripts--choose-nix-mode auto-mode-alist))))

;;;; The server

(defclass image-scripts-server (eglot-lsp-server) ()
  :documentation "Connection to an image-scripts-ls.")

(cl-defmethod eglot-client-capabilities ((_server image-scripts-server))
  "Return the capabilities of Eglot, extended by those of this package."
  (let* ((all (cl-call-next-method))
         (workspace (plist-get all :workspace))
         (edit (plist-get workspace :workspaceEdit)))
    (unless (plist-member edit :resourceOperations)
      (plist-put workspace :workspaceEdit
                 (append edit '(:resourceOperations ["create" "rename" "delete"]))))
    ;; Eglot only watches directories that exist when it starts, so it would miss new images.
    ;; Without this capability the server watches files itself.
    (plist-put workspace :didChangeWatchedFiles '(:dynamicRegistration :json-false))
    all))

;; Options of newer and of older versions of Eglot.
(defvar eglot-confirm-server-edits nil)
(defvar eglot-confirm-server-initiated-edits nil)

(defvar image-scripts--confirmed nil
  "Non-nil while edits of the server are already confirmed by the user.")

(defun image-scripts--visits (buffer path)
  "Return the file of BUFFER, links resolved, if it is PATH or below it."
  (when-let* ((name (buffer-file-name buffer))
              (file (file-truename name))
              ((or (equal file path)
                   (string-prefix-p (file-name-as-directory path) file))))
    file))

(defun image-scripts--unsaved (paths)
  "Return the reason why PATHS cannot be renamed or deleted, or nil.
They cannot if a buffer that visits one of them, or a file below it, has
unsaved changes: the user has to save or revert these."
  (when-let ((buffers (seq-filter
                       (lambda (buffer)
                         (and (buffer-modified-p buffer)
                              (seq-some (lambda (path) (image-scripts--visits buffer path))
                                        paths)))
                       (buffer-list))))
    (format "Unsaved changes in %s: save or revert them first"
            (mapconcat #'buffer-name buffers ", "))))

(defun image-scripts--rename-file (old new)
  "Rename OLD to NEW, a file or a directory, and the buffers that visit it.
They have no changes of the user: see `image-scripts--unsaved'."
  (let (moved)
    (dolist (buffer (buffer-list))
      (when-let* ((file (image-scripts--visits buffer old)))
        (with-current-buffer buffer
          (save-buffer)
          (push (list (concat new (string-remove-prefix old file))
                      (point)
                      (get-buffer-window-list buffer nil t))
                moved))
        ;; Killing and visiting again notifies the server.
        (kill-buffer buffer)))
    (make-directory (file-name-directory new) t)
    (rename-file old new)
    (pcase-dolist (`(,file ,point ,windows) moved)
      (with-current-buffer (find-file-noselect file)
        (goto-char point)
        (dolist (window windows)
          (set-window-buffer window (current-buffer)))))))

(defun image-scripts--delete-file (path)
  "Delete PATH, a file or a directory, and kill the buffers that visit it.
They have no changes of the user: see `image-scripts--unsaved'."
  (dolist (buffer (buffer-list))
    (when (image-scripts--visits buffer path)
      (with-current-buffer buffer
        (set-buffer-modified-p nil))
      (kill-buffer buffer)))
  ;; A link is deleted, never the directory that it points to.
  (if (and (file-directory-p path) (not (file-symlink-p path)))
      (delete-directory path t t)
    (delete-file path t)))

(defun image-scripts--create-file (path)
  "Create an empty file at PATH, unless it exists."
  (unless (file-exists-p path)
    (make-directory (file-name-directory path) t)
    (write-region "" nil path nil 'silent nil 'excl)))

(defun image-scripts--path (uri)
  "Return the path of URI."
  (if (fboundp 'eglot-uri-to-path)
      (eglot-uri-to-path uri)
    (eglot--uri-to-path uri)))

(defun image-scripts--apply-edit (apply edit &rest more)
  "Create, rename and delete files according to EDIT, a workspace edit.
Text edits are left to APPLY, which is called with EDIT and MORE.  In
versions of Eglot that handle files themselves, the first argument is not
an edit, and APPLY does everything."
  (let* ((changes (and (keywordp (car-safe edit))
                       (append (plist-get edit :documentChanges) nil)))
         (files (seq-filter (lambda (change) (plist-get change :kind)) changes))
         (texts (seq-remove (lambda (change) (plist-get change :kind)) changes))
         (eglot-confirm-server-edits eglot-confirm-server-edits)
         (eglot-confirm-server-initiated-edits eglot-confirm-server-initiated-edits))
    (if (not (and changes (or files image-scripts--confirmed)))
        (apply apply edit more)
      (when-let ((why (image-scripts--unsaved
                       (cl-loop for file in files
                                for key = (pcase (plist-get file :kind)
                                            ("rename" :oldUri)
                                            ("delete" :uri))
                                when key
                                collect (image-scripts--path (plist-get file key))))))
        (jsonrpc-error "%s" why))
      (unless (or image-scripts--confirmed
                  (y-or-n-p (concat (mapconcat #'image-scripts--describe changes "\n")
                                    "\nProceed? ")))
        (jsonrpc-error "The user declined the edit"))
      (setq eglot-confirm-server-edits nil
            eglot-confirm-server-initiated-edits nil)
      ;; The server creates files before it edits texts, and renames and deletes afterwards.
      (dolist (file files)
        (when (equal (plist-get file :kind) "create")
          (image-scripts--create-file (image-scripts--path (plist-get file :uri)))))
      ;; Eglot asks before it edits files that no buffer visits.
      (dolist (text texts)
        (find-file-noselect
         (image-scripts--path (plist-get (plist-get text :textDocument) :uri))))
      (when texts
        (funcall apply (list :documentChanges (vconcat texts)) nil))
      (dolist (file files)
        (pcase (plist-get file :kind)
          ("rename" (image-scripts--rename-file (image-scripts--path (plist-get file :oldUri))
                                                (image-scripts--path (plist-get file :newUri))))
          ("delete" (image-scripts--delete-file
                     (image-scripts--path (plist-get file :uri)))))))))

;; Emacs itself shows control characters as `^[', but breaks lines and reorders text.
(defun image-scripts--plain (text)
  "Return TEXT as one line, with invisible characters written out."
  (replace-regexp-in-string
   "[[:cntrl:]\u0080-\u009f\u00ad\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff]"
   (lambda (character)
     (pcase character
       ("\n" "\\n")
       (_ (format "\\u{%x}" (aref character 0)))))
   text t t))

(defun image-scripts--describe (change)
  "Return a line that describes CHANGE, an element of a workspace edit."
  (cl-flet ((path (key) (image-scripts--plain
                         (abbreviate-file-name
                          (image-scripts--path (plist-get change key))))))
    (pcase (plist-get change :kind)
      ("create" (format "  create  %s" (path :uri)))
      ("rename" (format "  rename  %s to %s" (path :oldUri) (path :newUri)))
      ("delete" (format "  delete  %s" (path :uri)))
      (_ (format "  edit    %s"
                 (image-scripts--plain
                  (abbreviate-file-name
                   (image-scripts--path
                    (plist-get (plist-get change :textDocument) :uri)))))))))

(advice-add 'eglot--apply-workspace-edit :around #'image-scripts--apply-edit)

;;;; Commands

(defun image-scripts--server ()
  "Return the server of the checkout that the current buffer is in.
Signal an error if there is none."
  (let ((root (or (image-scripts-root)
                  (user-error "Not in a vpsAdminOS checkout: visit a file of one first"))))
    (or (cl-loop for buffer in (cons (current-buffer) (buffer-list))
                 thereis (with-current-buffer buffer
                           (and image-scripts-mode
                                (eglot-managed-p)
                                (file-equal-p root (image-scripts-root))
                                (eglot-current-server))))
        (user-error "No server is running for %s: visit one of its files first"
                    (abbreviate-file-name root)))))

(defun image-scripts--images ()
  "Return the names of all images of the checkout."
  (let* ((root (directory-file-name (file-local-name (file-truename (image-scripts-root)))))
         (response (jsonrpc-request (image-scripts--server) :imageScripts/images nil))
         (checkout (seq-find (lambda (checkout)
                               (equal root (plist-get checkout :root)))
                             (plist-get response :checkouts))))
    (mapcar (lambda (image) (plist-get image :image))
            (plist-get checkout :images))))

(defun image-scripts--current-image ()
  "Return the name of the image that the current buffer belongs to, or nil."
  (when-let* ((root (image-scripts-root))
              (path (file-relative-name (or buffer-file-name default-directory) root)))
    (and (string-match (rx bos (? "image-scripts/") "images/" (group (+ (not ?/)))) path)
         (match-string 1 path))))

(defun image-scripts--read-image (prompt &optional optional)
  "Read the name of an image with PROMPT.
If OPTIONAL is non-nil, the user may leave it empty."
  (let* ((images (image-scripts--images))
         (current (and (not optional) (car (member (image-scripts--current-image) images))))
         (name (completing-read (format-prompt prompt current) images nil t nil nil current)))
    (and (not (string-empty-p name)) name)))

(defun image-scripts--describe-report (report)
  "Return lines that describe the change in REPORT."
  (cl-loop for (key word) in '((:created "create") (:symlinks "link") (:edited "edit")
                               (:renamed "rename") (:deleted "delete"))
           append (cl-loop for path across (plist-get report key)
                           collect (format "  %-7s %s" word
                                           (image-scripts--plain
                                            (if (stringp path) path
                                              (mapconcat #'identity path " -> ")))))))

(defun image-scripts--removed-paths (root report)
  "Return the paths under ROOT that the change in REPORT deletes or renames."
  (mapcar (lambda (path) (expand-file-name path (file-truename root)))
          (append (plist-get report :deleted)
                  (mapcar (lambda (paths) (aref paths 0)) (plist-get report :renamed))
                  nil)))

(defun image-scripts--save (root report modified)
  "Save the files under ROOT that the change in REPORT created or edited.
Buffers in MODIFIED had changes of the user before: they are not saved."
  (seq-doseq (path (vconcat (plist-get report :created) (plist-get report :edited)))
    (when-let* ((buffer (find-buffer-visiting (expand-file-name path root)))
                ((not (memq buffer modified))))
      (with-current-buffer buffer
        (save-buffer)))))

(defun image-scripts--execute (command &rest arguments)
  "Make the server execute COMMAND with ARGUMENTS, a plist.
Unless `:dryRun' is set, the change is shown first and has to be
confirmed.  Return the report of the server."
  (let* ((server (image-scripts--server))
         (root (image-scripts-root))
         (modified (seq-filter #'buffer-modified-p (buffer-list)))
         (request (lambda (&rest more)
                    (jsonrpc-request
                     server :workspace/executeCommand
                     (list :command command
                           :arguments (vector (append
                                               (list :root
                                                     (file-local-name (file-truename root)))
                                               arguments more)))
                     :timeout 60)))
         (dry-run (funcall request :dryRun t))
         (lines (string-join (image-scripts--describe-report dry-run) "\n")))
    (cond
     ((plist-get arguments :dryRun)
      (message "Nothing was written; this would be done:\n%s" lines)
      dry-run)
     ((when-let ((why (image-scripts--unsaved (image-scripts--removed-paths root dry-run))))
        (user-error "%s" why)))
     ((not (y-or-n-p (format "%s\nProceed? " lines)))
      (user-error "Nothing was written"))
     (t
      (let ((report (let ((image-scripts--confirmed t)
                          (eglot-confirm-server-edits nil))
                      (funcall request))))
        (unless (eq (plist-get report :applied) t)
          (user-error "Nothing was written: %s"
                      (image-scripts--plain (format "%s" (plist-get report :reason)))))
        (image-scripts--save root report modified)
        (let ((verify (length (plist-get report :verify))))
          (message "Done%s"
                   (if (zerop verify) ""
                     (format "; %d values to confirm upstream, shown by Flymake" verify))))
        report)))))

;;;###autoload
(defun image-scripts-new (name &optional like dry-run)
  "Create the image NAME and all its entries, like the previous release.
LIKE is another image to model it on; interactively, a prefix argument
asks for it.  If DRY-RUN is non-nil, only show what would be done."
  (interactive (list (read-string "New image: " (image-scripts--current-image))
                     (and current-prefix-arg (image-scripts--read-image "Like" t))))
  (let ((report (apply #'image-scripts--execute "imageScripts.newImage" :name name
                       (append (and like (list :like like))
                               (and dry-run (list :dryRun t))))))
    (unless dry-run
      (when-let ((script (seq-find (lambda (path) (string-suffix-p "/build.sh" path))
                                   (plist-get report :created))))
        (find-file (expand-file-name script (image-scripts-root)))))
    report))

;;;###autoload
(defun image-scripts-retire (name &optional dry-run)
  "Remove the image NAME and everything that exists only for it.
If DRY-RUN is non-nil, only show what would be done."
  (interactive (list (image-scripts--read-image "Retire image")))
  (apply #'image-scripts--execute "imageScripts.retireImage" :name name
         (and dry-run (list :dryRun t))))

;;;###autoload
(defun image-scripts-rename (old new &optional dry-run)
  "Rename the image OLD to NEW everywhere.
If DRY-RUN is non-nil, only show what would be done."
  (interactive (let ((old (image-scripts--read-image "Rename image")))
                 (list old (read-string (format "Rename %s to: " old) old))))
  (apply #'image-scripts--execute "imageScripts.renameImage" :old old :new new
         (and dry-run (list :dryRun t))))

(provide 'image-scripts)
;;; image-scripts.el ends here
