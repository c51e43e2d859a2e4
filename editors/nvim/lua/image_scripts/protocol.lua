-- Types of the JSON that the plugin and the server exchange in requests and commands of their own.
-- Neovim never loads this file; language servers for Lua read it. A key that may be null is
-- optional here, as Neovim decodes null to nil.

---@meta _

---@alias image_scripts.Severity 'error'|'warning'|'information'|'hint'

--- Response to `imageScripts/images`.
---@class image_scripts.Images
---@field checkouts image_scripts.Checkout[]

---@class image_scripts.Checkout
---@field root string Absolute path, links resolved.
---@field counts image_scripts.FindingCounts Of all findings, also of those that are about no image.
---@field images image_scripts.Image[]
---@field tracks image_scripts.Track[]
---@field rows image_scripts.Row[]
---@field builders image_scripts.NamedFile[]
---@field includes image_scripts.NamedFile[]

--- Images that succeed one another.
---@class image_scripts.Track
---@field distribution string
---@field images string[] Names, the oldest first.
---@field next? string Name that the next release most likely has.

--- Numbers of findings by severity.
---@class image_scripts.FindingCounts
---@field error integer
---@field warning integer
---@field information integer
---@field hint integer

--- An image and its state.
---@class image_scripts.Image
---@field image string Name.
---@field directory string Name of the directory it is built from: for an alias, the link's target.
---@field uri? string URI of its `build.sh`.
---@field builder? string
---@field distribution? string
---@field release? string
---@field arch? string
---@field vendor? string
---@field variant? string
---@field includes string[] All that it sources except `common.sh`.
---@field published? boolean
---@field declared? 'retired'|'unpublished' Reason why it is not published, from the settings.
---@field tags string[]
---@field rows string[] Keys of its rows in the test table.
---@field groups string[]
---@field findings integer Number of findings about it.
---@field worst? image_scripts.Severity
---@field systemd? { version: integer, orNewer: boolean, certain: boolean }
---@field support? { end: string, over: boolean, certain: boolean }
---@field test? string Name of its VM test.
---@field tested? image_scripts.Tested Last run of that test.
---@field problems image_scripts.Problem[]

--- The last run of a test.
---@class image_scripts.Tested
---@field state 'passed'|'failed'|'older'|'never'|'unknown'
---@field passed? boolean
---@field ended? string When it ended, in UTC.
---@field changed string[] Paths of what was changed since it began.
---@field directory? string Directory of its logs.
---@field why? string Reason why it is unknown.

--- A log of tests.
---@class image_scripts.TriageQuery
---@field root? string
---@field text? string
---@field log? string Path of a file or of a state directory.
---@field image? string
---@field since? integer Begin of the run, in milliseconds.

--- Response to `imageScripts/triage`.
---@class image_scripts.Triage
---@field tests image_scripts.TriagedTest[]

--- A test that a log tells of.
---@class image_scripts.TriagedTest
---@field image? string
---@field test? string
---@field phase string
---@field imageTest? string
---@field passed boolean
---@field verdict string
---@field causes image_scripts.TriagedCause[]
---@field excerpt image_scripts.TriagedLine[]

--- The cause of a failure.
---@class image_scripts.TriagedCause
---@field code string
---@field message string
---@field meaning string
---@field advice string
---@field log? string
---@field line integer
---@field excerpt image_scripts.TriagedLine[]
---@field origins image_scripts.TriagedOrigin[]
---@field fixes image_scripts.TriagedFix[]

--- A line of a log.
---@class image_scripts.TriagedLine
---@field number integer
---@field text string

--- A range that a cause comes from.
---@class image_scripts.TriagedOrigin
---@field uri string
---@field range lsp.Range
---@field message string

--- A change that resolves a cause.
---@class image_scripts.TriagedFix
---@field title string
---@field edit lsp.WorkspaceEdit

--- A finding about an image.
---@class image_scripts.Problem
---@field code string
---@field severity image_scripts.Severity
---@field message string
---@field uri? string
---@field range? lsp.Range

--- A row of the test table.
---@class image_scripts.Row
---@field key string
---@field distribution string
---@field version string
---@field tests string[] Names of the VM tests that run for this row alone.
---@field uri? string
---@field range? lsp.Range

--- A builder or an include.
---@class image_scripts.NamedFile
---@field name string
---@field uri? string

--- Response to `imageScripts/imagesAt`.
---@class image_scripts.ImagesAt
---@field root string
---@field images string[] Names of the images that the range is about.
---@field proposal? string Name for the release that follows the first of them.

--- Parameters of `imageScripts/policy`.
---@class image_scripts.PolicyQuery
---@field root? string
---@field image string
---@field other? string

--- Response to `imageScripts/policy`.
---@class image_scripts.Policy
---@field report table As `policy --format json` prints it.
---@field lines image_scripts.PolicyLine[]

--- A line of a policy as text.
---@class image_scripts.PolicyLine
---@field text string
---@field uri? string
---@field range? lsp.Range
---@field unmasked? string Unit that another image masks and this one does not.

--- Response to `imageScripts/openValues`.
---@class image_scripts.OpenValues
---@field checkouts { root: string, values: image_scripts.OpenValue[] }[]

--- A value that only upstream can confirm and nobody has confirmed.
---@class image_scripts.OpenValue
---@field root string Checkout; the plugin adds it.
---@field image string
---@field name string Variable that it is assigned to, else the name of its file.
---@field exact string Value that is recorded when it is right.
---@field packages string[] Those whose file names have the value.
---@field text string
---@field resolved? string
---@field why string
---@field address? string Address in it, for a browser.
---@field ranges lsp.Location[]

--- Response to `imageScripts/render`.
---@class image_scripts.Rendering
---@field image string
---@field scripts image_scripts.RenderedScript[]

--- A script that is executed inside of a new root.
---@class image_scripts.RenderedScript
---@field root string
---@field path? string Nil for a command.
---@field at image_scripts.SourceRange
---@field text string
---@field segments image_scripts.RenderedSegment[] In order and without gaps.

--- A segment of a text.
---@class image_scripts.RenderedSegment
---@field kind 'literal'|'value'|'unknown'|'condition'
---@field range lsp.Range
---@field source? image_scripts.SourceRange As long as the segment where that is a copy.
---@field expansion? image_scripts.SourceRange

---@class image_scripts.SourceRange
---@field path string
---@field range lsp.Range

--- Response to the commands that change a checkout: the change, made or only simulated.
---@class image_scripts.ChangeReport
---@field version integer Version of the format.
---@field title string
---@field image string
---@field like? string Image that a new one was modelled on.
---@field applied boolean
---@field created string[]
---@field edited string[]
---@field deleted string[]
---@field renamed [string, string][] Old and new paths.
---@field symlinks [string, string][] Paths and targets.
---@field verify image_scripts.ValueToVerify[]
---@field notes image_scripts.Note[]
---@field next image_scripts.NextCommand[]
---@field reason? string Reason why it was not applied.
---@field failed? string Error of the part that the server does itself.
---@field copied? string[] Paths of the new files and directories that the server has made.
---@field texts? image_scripts.ChangedText[] Only where requested, of a change that was simulated.
---@field commit string Subject of a commit that has the change and nothing else.

--- A value that only upstream can confirm.
---@class image_scripts.ValueToVerify
---@field path string
---@field range? lsp.Range
---@field text string
---@field resolved? string The value with its variables expanded, where that says more.
---@field why string
---@field key? string `IMAGE/VARIABLE`, where the value is assigned to a variable.

--- A remark about a change, mostly on a place that still names the image.
---@class image_scripts.Note
---@field path? string
---@field range? lsp.Range
---@field message string

--- A command to run after a change.
---@class image_scripts.NextCommand
---@field command string
---@field why string

--- Texts of a file that changes.
---@class image_scripts.ChangedText
---@field path string
---@field before? string Nil if the file did not exist.
---@field after? string Nil if the file does not exist any more.

--- Argument that all commands accept.
---@class image_scripts.CommandArguments
---@field root? string A path in the checkout.
---@field dryRun? boolean Only report what would be done.
---@field texts? boolean Add the texts of all changed files to that report.

--- Argument of `imageScripts.newImage`.
---@class image_scripts.NewImage : image_scripts.CommandArguments
---@field name? string Required by the server; the plugin asks the user if it is missing.
---@field like? string
---@field replace? string
---@field builder? string
---@field tags? string[]
---@field noTags? boolean
---@field cgroup? 'all'|'v1'|'v2'
---@field init? 'systemd'|'other'
---@field keepTested? boolean
---@field force? boolean
---@field plain? boolean
---@field untracked? boolean Delete also those files of the replaced image that git does not know.

--- Argument of `imageScripts.retireImage`.
---@class image_scripts.RetireImage : image_scripts.CommandArguments
---@field name string
---@field untracked? boolean Delete also the files that git does not know.

--- Argument of `imageScripts.renameImage`.
---@class image_scripts.RenameImage : image_scripts.CommandArguments
---@field old string
---@field new string
---@field force? boolean

--- Argument of `imageScripts.bumpImage`.
---@class image_scripts.BumpImage : image_scripts.CommandArguments
---@field name? string Required by the server; the plugin adds it last.
---@field pointver? string
---@field build? string
---@field set? table<string, string> Values by variable.
---@field force? boolean

--- Argument of `imageScripts.newBuilder`.
---@class image_scripts.NewBuilder : image_scripts.CommandArguments
---@field name string
---@field like? string Builder.
---@field from? string Published image, as `DIST:RELEASE`.
