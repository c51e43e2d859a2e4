;;; image-scripts.el --- Language server for container image scripts  -*- lexical-binding: t; -*-

;; SPDX-License-Identifier: MIT OR Apache-2.0
;; Version: 0.1.0
;; Package-Requires: ((emacs "28.1") (eglot "1.9"))
;; Keywords: languages, tools

;;; Commentary:

;; Has Eglot use image-scripts-ls in checkouts of vpsAdminOS, for the
;; files that it reads, and nowhere else:
;;
;;     (require 'image-scripts)
;;     (image-scripts-global-mode)
;;
;; Everything that Eglot does works: findings (Flymake), hover (ElDoc),
;; completion, definitions and references (Xref), code actions, rename.
;; Beyond that, `image-scripts-new', `image-scripts-retire' and
;; `image-scripts-rename' change a checkout as a whole: they show what
;; would be done, ask, and do it.
;;
;; Eglot has one server for a buffer.  In the files named by
;; `image-scripts--known-places' it is this one, in place of the one that
;; you may have for shell scripts or Nix; other files of the checkout are
;; left to that.

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

;;;; Where it is at home

(defconst image-scripts--known-places
  (rx bos (or (seq (or "image-scripts/" "images/" "include/" "builders/") (+ nonl))
              "os/configs/image-repository.nix"
              (seq "tests/" (or "distributions" "all-tests") ".nix")
              (seq "tests/suite/" (+ nonl) ".nix")
              ".image-scripts.toml")
      eos)
  "What the server reads in a checkout, as paths from its root.")

(defconst image-scripts--modes
  '((sh-mode :language-id "shellscript")
    (bash-ts-mode :language-id "shellscript")
    (nix-mode :language-id "nix")
    (nix-ts-mode :language-id "nix")
    (image-scripts-nix-mode :language-id "nix")
    (conf-toml-mode :language-id "toml")
    (toml-mode :language-id "toml")
    (toml-ts-mode :language-id "toml"))
  "Major modes of what the server reads, as in `eglot-server-programs'.")

(defun image-scripts--checkout-p (folder)
  "Whether FOLDER is the root of a checkout.
The server decides in the same way."
  (cl-flet ((folder-p (path) (file-directory-p (expand-file-name path folder)))
            (file-p (path) (file-regular-p (expand-file-name path folder))))
    (or (and (folder-p "image-scripts/images")
             (or (file-p "os/configs/image-repository.nix")
                 (folder-p "image-scripts/include")))
        ;; Before 2023 the scripts were a repository of their own.
        (and (folder-p "images") (folder-p "builders") (file-p "include/common.sh")
             ;; The `image-scripts' of a whole checkout looks the same.
             (not (and (equal (file-name-nondirectory (directory-file-name folder))
                              "image-scripts")
                       (image-scripts--checkout-p
                        (file-name-directory (directory-file-name folder)))))))))

(defun image-scripts-root (&optional path)
  "The root of the checkout around PATH, or nil.
PATH is by default where the current buffer is."
  (locate-dominating-file (or path default-directory) #'image-scripts--checkout-p))

(cl-defmethod project-root ((project (head image-scripts)))
  "The root of the checkout that PROJECT is."
  (cdr project))

(defun image-scripts--project (folder)
  "The checkout around FOLDER as a project, where Eglot asks for it."
  (when-let ((root (and (bound-and-true-p eglot-lsp-context)
                        (image-scripts-root folder))))
    (cons 'image-scripts (expand-file-name root))))

;;;; Nix without a mode for it

(define-derived-mode image-scripts-nix-mode prog-mode "Nix"
  "For Nix files of a checkout, where no other mode for Nix is installed."
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
  "Choose the mode of a Nix file that no installed mode took.
Outside a checkout it is the one that it would have without us."
  (if (image-scripts-root)
      (image-scripts-nix-mode)
    (set-buffer-major-mode (current-buffer))))

;;;; Turning it on

(define-minor-mode image-scripts-mode
  "Have Eglot use image-scripts-ls in this buffer.
`image-scripts-global-mode' turns this on wherever it is of use."
  :lighter nil
  (cond
   (image-scripts-mode
    (setq-local eglot-server-programs
                (cons (cons image-scripts--modes
                            (cons 'image-scripts-server image-scripts-command))
                      eglot-server-programs))
    ;; Before version control, which may say another root.
    (add-hook 'project-find-functions #'image-scripts--project -90 t))
   (t
    (kill-local-variable 'eglot-server-programs)
    (remove-hook 'project-find-functions #'image-scripts--project t))))

(defvar image-scripts--told-missing nil
  "Whether the user was told that the server is missing.")

(defun image-scripts--turn-on ()
  "Turn on `image-scripts-mode' and Eglot in a file that is of use to the server."
  (when-let* ((file buffer-file-name)
              ((apply #'derived-mode-p (mapcar #'car image-scripts--modes)))
              (root (image-scripts-root (file-name-directory file)))
              ((string-match-p image-scripts--known-places (file-relative-name file root))))
    (cond
     ((executable-find (car image-scripts-command) t)
      (image-scripts-mode)
      (eglot-ensure))
     ((not image-scripts--told-missing)
      (setq image-scripts--told-missing t)
      (message "`%s' is not in PATH: install it, or set `image-scripts-command'"
               (car image-scripts-command))))))

;;;###autoload
(define-globalized-minor-mode image-scripts-global-mode
  image-scripts-mode image-scripts--turn-on
  :group 'image-scripts
  ;; Last, so that any mode for Nix that is installed comes before it.
  (if image-scripts-global-mode
      (add-to-list 'auto-mode-alist '("\\.nix\\'" . image-scripts--choose-nix-mode) t)
    (setq auto-mode-alist
          (rassq-delete-all #'image-scripts--choose-nix-mode auto-mode-alist))))

;;;; The server

(defclass image-scripts-server (eglot-lsp-server) ()
  :documentation "An image-scripts-ls.")

(cl-defmethod eglot-client-capabilities ((_server image-scripts-server))
  "What Eglot can do, with what is done for it here."
  (let* ((all (cl-call-next-method))
         (workspace (plist-get all :workspace))
         (edit (plist-get workspace :workspaceEdit)))
    (unless (plist-member edit :resourceOperations)
      (plist-put workspace :workspaceEdit
                 (append edit '(:resourceOperations ["create" "rename" "delete"]))))
    ;; Eglot watches the folders there are when it begins: in the one of a new image, nothing.
    ;; A server that is not asked to use it watches all by itself.
    (plist-put workspace :didChangeWatchedFiles '(:dynamicRegistration :json-false))
    all))

;; Of later and of earlier versions of Eglot.
(defvar eglot-confirm-server-edits nil)
(defvar eglot-confirm-server-initiated-edits nil)

(defvar image-scripts--confirmed nil
  "Whether the user has agreed to the edit that comes.")

(defun image-scripts--visits (buffer path)
  "The file of BUFFER, links resolved, if it is PATH or a file in it."
  (when-let* ((name (buffer-file-name buffer))
              (file (file-truename name))
              ((or (equal file path)
                   (string-prefix-p (file-name-as-directory path) file))))
    file))

(defun image-scripts--unsaved (paths)
  "Why files and folders in PATHS cannot be renamed or deleted, or nil.
That is when one of them, or a file in it, is visited by a buffer with
changes which are not saved: they are the user's to keep or to drop."
  (when-let ((buffers (seq-filter
                       (lambda (buffer)
                         (and (buffer-modified-p buffer)
                              (seq-some (lambda (path) (image-scripts--visits buffer path))
                                        paths)))
                       (buffer-list))))
    (format "Unsaved changes in %s: save or revert them first"
            (mapconcat #'buffer-name buffers ", "))))

(defun image-scripts--rename-file (old new)
  "Rename OLD to NEW, a file or a folder; buffers go along.
They have no changes of the user's: see `image-scripts--unsaved'."
  (let (moved)
    (dolist (buffer (buffer-list))
      (when-let* ((file (image-scripts--visits buffer old)))
        (with-current-buffer buffer
          (save-buffer)
          (push (list (concat new (string-remove-prefix old file))
                      (point)
                      (get-buffer-window-list buffer nil t))
                moved))
        ;; Killed and visited anew, so that the server is told.
        (kill-buffer buffer)))
    (make-directory (file-name-directory new) t)
    (rename-file old new)
    (pcase-dolist (`(,file ,point ,windows) moved)
      (with-current-buffer (find-file-noselect file)
        (goto-char point)
        (dolist (window windows)
          (set-window-buffer window (current-buffer)))))))

(defun image-scripts--delete-file (path)
  "Delete PATH, a file or a folder, and kill what visits it.
That has no changes of the user's: see `image-scripts--unsaved'."
  (dolist (buffer (buffer-list))
    (when (image-scripts--visits buffer path)
      (with-current-buffer buffer
        (set-buffer-modified-p nil))
      (kill-buffer buffer)))
  ;; A link is removed as one: never what it leads to.
  (if (and (file-directory-p path) (not (file-symlink-p path)))
      (delete-directory path t t)
    (delete-file path t)))

(defun image-scripts--create-file (path)
  "Create PATH, empty, unless it is there."
  (unless (file-exists-p path)
    (make-directory (file-name-directory path) t)
    (write-region "" nil path nil 'silent nil 'excl)))

(defun image-scripts--path (uri)
  "The path that URI stands for."
  (if (fboundp 'eglot-uri-to-path)
      (eglot-uri-to-path uri)
    (eglot--uri-to-path uri)))

(defun image-scripts--apply-edit (apply edit &rest more)
  "Create, rename and delete files where EDIT has that.
Changes of texts are left to APPLY, which is called with EDIT and MORE.
Versions of Eglot that know files by themselves are not disturbed:
their first argument is no edit."
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
      ;; The server creates before it changes texts, and renames and deletes after it.
      (dolist (file files)
        (when (equal (plist-get file :kind) "create")
          (image-scripts--create-file (image-scripts--path (plist-get file :uri)))))
      ;; Eglot asks about files that nobody visits.
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

(defun image-scripts--describe (change)
  "Tell in a line what CHANGE of a workspace edit is."
  (cl-flet ((path (key) (abbreviate-file-name (image-scripts--path (plist-get change key)))))
    (pcase (plist-get change :kind)
      ("create" (format "  create  %s" (path :uri)))
      ("rename" (format "  rename  %s to %s" (path :oldUri) (path :newUri)))
      ("delete" (format "  delete  %s" (path :uri)))
      (_ (format "  edit    %s"
                 (abbreviate-file-name
                  (image-scripts--path
                   (plist-get (plist-get change :textDocument) :uri))))))))

(advice-add 'eglot--apply-workspace-edit :around #'image-scripts--apply-edit)

;;;; Commands

(defun image-scripts--server ()
  "The server of the checkout that the current buffer is in.
It is an error if there is none."
  (let ((root (or (image-scripts-root)
                  (user-error "No checkout of vpsAdminOS here"))))
    (or (cl-loop for buffer in (cons (current-buffer) (buffer-list))
                 thereis (with-current-buffer buffer
                           (and image-scripts-mode
                                (eglot-managed-p)
                                (file-equal-p root (image-scripts-root))
                                (eglot-current-server))))
        (user-error "No server for %s: visit one of its files first"
                    (abbreviate-file-name root)))))

(defun image-scripts--images ()
  "The names of all images of the checkout."
  (let* ((root (directory-file-name (file-local-name (file-truename (image-scripts-root)))))
         (answer (jsonrpc-request (image-scripts--server) :imageScripts/images nil))
         (checkout (seq-find (lambda (checkout)
                               (equal root (plist-get checkout :root)))
                             (plist-get answer :checkouts))))
    (mapcar (lambda (image) (plist-get image :image))
            (plist-get checkout :images))))

(defun image-scripts--image-here ()
  "The name of the image that the current buffer is a file of, or nil."
  (when-let* ((root (image-scripts-root))
              (path (file-relative-name (or buffer-file-name default-directory) root)))
    (and (string-match (rx bos (? "image-scripts/") "images/" (group (+ (not ?/)))) path)
         (match-string 1 path))))

(defun image-scripts--read-image (prompt &optional optional)
  "Ask for an image with PROMPT; with OPTIONAL, it may be none."
  (let* ((images (image-scripts--images))
         (here (and (not optional) (car (member (image-scripts--image-here) images))))
         (name (completing-read (format-prompt prompt here) images nil t nil nil here)))
    (and (not (string-empty-p name)) name)))

(defun image-scripts--lines (result)
  "Tell in lines what RESULT of a command is about."
  (cl-loop for (key word) in '((:created "create") (:symlinks "link") (:edited "edit")
                               (:renamed "rename") (:deleted "delete"))
           append (cl-loop for path across (plist-get result key)
                           collect (format "  %-7s %s" word
                                           (if (stringp path) path
                                             (mapconcat #'identity path " -> "))))))

(defun image-scripts--gone (root result)
  "The files and folders under ROOT that RESULT takes from where they are."
  (mapcar (lambda (path) (expand-file-name path (file-truename root)))
          (append (plist-get result :deleted)
                  (mapcar (lambda (paths) (aref paths 0)) (plist-get result :renamed))
                  nil)))

(defun image-scripts--save (root result dirty)
  "Save the files under ROOT that RESULT names as changed.
Buffers in DIRTY had changes of the user before: they stay as they are."
  (seq-doseq (path (vconcat (plist-get result :created) (plist-get result :edited)))
    (when-let* ((buffer (find-buffer-visiting (expand-file-name path root)))
                ((not (memq buffer dirty))))
      (with-current-buffer buffer
        (save-buffer)))))

(defun image-scripts--execute (command &rest arguments)
  "Have the server carry out COMMAND with ARGUMENTS, a plist.
Without `:dryRun' it is first shown what would be done."
  (let* ((server (image-scripts--server))
         (root (image-scripts-root))
         (dirty (seq-filter #'buffer-modified-p (buffer-list)))
         (ask (lambda (&rest more)
                (jsonrpc-request
                 server :workspace/executeCommand
                 (list :command command
                       :arguments (vector (append
                                           (list :root (file-local-name (file-truename root)))
                                           arguments more)))
                 :timeout 60)))
         (plan (funcall ask :dryRun t))
         (lines (string-join (image-scripts--lines plan) "\n")))
    (cond
     ((plist-get arguments :dryRun)
      (message "Nothing is written; this would:\n%s" lines)
      plan)
     ((when-let ((why (image-scripts--unsaved (image-scripts--gone root plan))))
        (user-error "%s" why)))
     ((not (y-or-n-p (format "%s\nProceed? " lines)))
      (user-error "Nothing is written"))
     (t
      (let ((result (let ((image-scripts--confirmed t)
                          (eglot-confirm-server-edits nil))
                      (funcall ask))))
        (unless (eq (plist-get result :applied) t)
          (user-error "Nothing is written: %s" (plist-get result :reason)))
        (image-scripts--save root result dirty)
        (let ((verify (length (plist-get result :verify))))
          (message "Done%s"
                   (if (zerop verify) ""
                     (format "; to confirm upstream: %d values, which Flymake shows" verify))))
        result)))))

;;;###autoload
(defun image-scripts-new (name &optional like dry-run)
  "Make the image NAME and all its entries, after the release before it.
LIKE is another image that it is to be made after; interactively it is
asked for with a prefix argument.  DRY-RUN only says what would be done."
  (interactive (list (read-string "New image: " (image-scripts--image-here))
                     (and current-prefix-arg (image-scripts--read-image "Like" t))))
  (let ((result (apply #'image-scripts--execute "imageScripts.newImage" :name name
                       (append (and like (list :like like))
                               (and dry-run (list :dryRun t))))))
    (unless dry-run
      (when-let ((script (seq-find (lambda (path) (string-suffix-p "/build.sh" path))
                                   (plist-get result :created))))
        (find-file (expand-file-name script (image-scripts-root)))))
    result))

;;;###autoload
(defun image-scripts-retire (name &optional dry-run)
  "Remove the image NAME and what exists for it alone.
DRY-RUN only says what would be done."
  (interactive (list (image-scripts--read-image "Retire image")))
  (apply #'image-scripts--execute "imageScripts.retireImage" :name name
         (and dry-run (list :dryRun t))))

;;;###autoload
(defun image-scripts-rename (old new &optional dry-run)
  "Rename the image OLD to NEW, wherever it is named.
DRY-RUN only says what would be done."
  (interactive (let ((old (image-scripts--read-image "Rename image")))
                 (list old (read-string (format "Rename %s to: " old) old))))
  (apply #'image-scripts--execute "imageScripts.renameImage" :old old :new new
         (and dry-run (list :dryRun t))))

(provide 'image-scripts)
;;; image-scripts.el ends here
