# Container image scripts of vpsAdminOS in Kakoune, by kakoune-lsp (22): in checkouts
# image-scripts-ls is added to the servers that there are for a file, and elsewhere nothing is.
#
# Source it in kakrc, after kakoune-lsp is loaded:
#
#     evaluate-commands %sh{kak-lsp}
#     source /path/to/image-scripts.kak
#     lsp-enable

declare-option -docstring 'the program image-scripts-ls' str image_scripts_command image-scripts-ls

hook -group image-scripts global BufSetOption filetype=(?:sh|nix|toml) image-scripts-add-server

define-command -hidden image-scripts-add-server %{
    evaluate-commands %sh{
        # kak_opt_filetype kak_opt_image_scripts_command
        case $kak_opt_lsp_servers in *'[image-scripts]'*) exit ;; esac
        whole() {
            [ -d "$1/image-scripts/images" ] \
                && { [ -f "$1/os/configs/image-repository.nix" ] || [ -d "$1/image-scripts/include" ]; }
        }
        # Before 2023 the scripts were a repository of their own. Those of a whole checkout look
        # the same.
        scripts_only() {
            [ -d "$1/images" ] && [ -d "$1/builders" ] && [ -f "$1/include/common.sh" ] \
                && ! whole "${1%/*}"
        }
        root=${kak_buffile%/*}
        until whole "$root" || scripts_only "$root" ; do
            case $root in */*) root=${root%/*} ;; *) exit ;; esac
        done
        command -v "$kak_opt_image_scripts_command" > /dev/null || {
            printf 'echo -debug %s\n' "'image-scripts: $kak_opt_image_scripts_command is not in PATH'"
            exit
        }
        toml() { printf %s "$1" | sed 's/[\\"]/\\&/g' ; }
        kakoune() { sed "s/'/''/g" ; }
        # Those that there would be without us stay.
        echo 'lsp-if-no-servers trigger-user-hook "LSPDefaultConfig=%opt{filetype}"'
        echo 'image-scripts-drop-missing-servers'
        printf "set-option -add buffer lsp_servers '%s'\n" "$(
            printf '\n[image-scripts]\ncommand = "%s"\nroot = "%s"\n' \
                "$(toml "$kak_opt_image_scripts_command")" "$(toml "$root")" | kakoune
        )"
    }
}

# A server that cannot be started has kakoune-lsp give up on the buffer, with all others.
define-command -hidden image-scripts-drop-missing-servers %{
    evaluate-commands %sh{
        # Whoever says a command has set it up.
        case $kak_opt_lsp_servers in *'command ='*) exit ;; esac
        printf '%s\n' "$kak_opt_lsp_servers" | sed -n 's/^ *\[\([^].]*\)\] *$/\1/p' \
            | while IFS= read -r server ; do
                command -v "$server" > /dev/null || {
                    echo 'set-option buffer lsp_servers ""'
                    break
                }
            done
    }
}
